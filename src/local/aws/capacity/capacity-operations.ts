import { z } from 'zod';
import type { Account } from '../account.ts';
import { AwsError, invalidParameter } from '../wire/aws-error.ts';
import {
  capacityProviderAnswer,
  checkStrategy,
  CreateCapacityProviderInput,
  DeleteCapacityProviderInput,
  DescribeCapacityProvidersInput,
  type StrategyItem,
} from './capacity-providers.ts';
import {
  clusterAnswer,
  ClusterReference,
  CreateClusterInput,
  DescribeClustersInput,
  PutClusterCapacityProvidersInput,
  type Cluster,
} from '../ecs/clusters.ts';
import { instanceAnswer } from './container-instances.ts';
import { pageOf } from '../ecs/list-definitions.ts';
import type { Operations } from '../operation.ts';
import { parseInput } from '../wire/parse.ts';
import { readTags } from '../ecs/tags.ts';
import { isLive, type TaskStatus } from '../ecs/task.ts';

const Page = {
  maxResults: z.number().int().min(1).max(100).optional(),
  nextToken: z.string().optional(),
};
const ListClustersInput = z.looseObject(Page);
const ListInstancesInput = z.looseObject({ cluster: z.string().optional(), ...Page });
const DescribeInstancesInput = z.looseObject({
  cluster: z.string().optional(),
  containerInstances: z.array(z.string()).min(1).max(100),
});
const pendingStatuses: readonly TaskStatus[] = ['PROVISIONING', 'PENDING', 'ACTIVATING'];

/** Clusters, capacity providers and container instances. */
export const capacityOperations: Operations = {
  'ecs:CreateCluster': (input, account) => {
    const parsed = parseInput(CreateClusterInput, input);
    const {
      clusterName = 'default',
      capacityProviders = [],
      defaultCapacityProviderStrategy = [],
    } = parsed;
    checkProviders(account, capacityProviders, defaultCapacityProviderStrategy);
    const cluster = account.clusters.create(clusterName, {
      capacityProviders,
      defaultStrategy: defaultCapacityProviderStrategy,
      tags: readTags(parsed.tags ?? []),
      ...(parsed.settings !== undefined && { settings: parsed.settings }),
    });
    return { cluster: clusterAnswer(cluster, countsOf(account, cluster), true) };
  },
  'ecs:PutClusterCapacityProviders': (input, account) => {
    const parsed = parseInput(PutClusterCapacityProvidersInput, input);
    const cluster = account.clusters.require(parsed.cluster);
    checkProviders(account, parsed.capacityProviders, parsed.defaultCapacityProviderStrategy);
    cluster.capacityProviders = parsed.capacityProviders;
    cluster.defaultStrategy = parsed.defaultCapacityProviderStrategy;
    return { cluster: clusterAnswer(cluster, countsOf(account, cluster), true) };
  },
  'ecs:DeleteCluster': (input, account) => {
    const cluster = account.clusters.require(parseInput(ClusterReference, input).cluster);
    const counts = countsOf(account, cluster);
    if (counts.instances > 0) {
      throw new AwsError(
        'ClusterContainsContainerInstancesException',
        'The Cluster cannot be deleted while Container Instances are active or draining.',
      );
    }
    if (account.tasks.count((task) => task.cluster === cluster && isLive(task.state)) > 0)
      throw new AwsError(
        'ClusterContainsTasksException',
        'The Cluster cannot be deleted while Tasks are active.',
      );
    cluster.status = 'INACTIVE';
    return { cluster: clusterAnswer(cluster, counts, true) };
  },
  'ecs:DescribeClusters': (input, account) => {
    const { clusters: references = ['default'], include } = parseInput(
      DescribeClustersInput,
      input,
    );
    if (references.length > 100) throw invalidParameter('clusters can have at most 100 items.');
    const withTags = include?.includes('TAGS') === true;
    const found = references.map((reference) => ({
      reference,
      cluster: account.clusters.find(reference),
    }));
    return {
      clusters: found.flatMap(({ cluster }) =>
        cluster === undefined ? [] : [clusterAnswer(cluster, countsOf(account, cluster), withTags)],
      ),
      failures: found.flatMap(({ reference, cluster }) =>
        cluster === undefined
          ? [
              {
                arn: reference.startsWith('arn:')
                  ? reference
                  : `arn:aws:ecs:${account.region}:${account.id}:cluster/${reference}`,
                reason: 'MISSING',
              },
            ]
          : [],
      ),
    };
  },
  'ecs:ListClusters': (input, account) => {
    const parsed = parseInput(ListClustersInput, input);
    const arns = account.clusters.all.map((cluster) => cluster.arn);
    const { page, nextToken } = pageOf(arns, parsed);
    return { clusterArns: page, ...nextToken };
  },

  'ecs:CreateCapacityProvider': (input, account) => ({
    capacityProvider: capacityProviderAnswer(
      account.capacityProviders.create(
        parseInput(CreateCapacityProviderInput, input, 'ClientException'),
      ),
    ),
  }),
  'ecs:DescribeCapacityProviders': (input, account) =>
    account.capacityProviders.describe(
      parseInput(DescribeCapacityProvidersInput, input).capacityProviders,
    ),
  'ecs:DeleteCapacityProvider': (input, account) => {
    const { capacityProvider } = parseInput(DeleteCapacityProviderInput, input);
    return {
      capacityProvider: capacityProviderAnswer(account.capacityProviders.delete(capacityProvider)),
    };
  },

  'ecs:ListContainerInstances': (input, account) => {
    const parsed = parseInput(ListInstancesInput, input);
    const cluster = account.clusters.require(parsed.cluster);
    const { page, nextToken } = pageOf(
      account.instances.of(cluster).map((instance) => instance.arn),
      parsed,
    );
    return { containerInstanceArns: page, ...nextToken };
  },
  'ecs:DescribeContainerInstances': (input, account) => {
    const parsed = parseInput(DescribeInstancesInput, input);
    const cluster = account.clusters.require(parsed.cluster);
    const found = parsed.containerInstances.map((reference) => ({
      reference,
      instance: account.instances.find(cluster, reference),
    }));
    const count = (arn: string, statuses: readonly TaskStatus[]): number =>
      account.tasks.count(
        ({ placement, state }) =>
          placement.instance?.arn === arn && statuses.includes(state.lastStatus),
      );
    return {
      containerInstances: found.flatMap(({ instance }) =>
        instance === undefined
          ? []
          : [
              instanceAnswer(
                instance,
                count(instance.arn, ['RUNNING']),
                count(instance.arn, pendingStatuses),
              ),
            ],
      ),
      failures: found.flatMap(({ reference, instance }) =>
        instance === undefined ? [{ arn: reference, reason: 'MISSING' }] : [],
      ),
    };
  },
};

function checkProviders(
  account: Account,
  names: readonly string[],
  strategy: readonly StrategyItem[],
): void {
  for (const name of names) account.capacityProviders.require(name);
  checkStrategy(strategy);
  for (const { capacityProvider } of strategy) {
    if (names.includes(capacityProvider)) continue;
    throw invalidParameter(
      'The specified capacity provider strategy cannot contain a capacity provider that is not ' +
        'associated with the cluster. Associate the capacity provider with the cluster and try ' +
        'again.',
    );
  }
}

function countsOf(account: Account, cluster: Cluster) {
  const count = (statuses: readonly TaskStatus[]): number =>
    account.tasks.count(
      (task) => task.cluster === cluster && statuses.includes(task.state.lastStatus),
    );
  return {
    running: count(['RUNNING']),
    pending: count(pendingStatuses),
    instances: account.instances.of(cluster).length,
  };
}
