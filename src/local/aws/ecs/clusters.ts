import { z } from 'zod';
import { clusterNotFound, invalidParameter } from '../wire/aws-error.ts';
import { StrategyItem } from '../capacity/capacity-providers.ts';
import type { Tag } from './tags.ts';

export interface Cluster {
  readonly name: string;
  readonly arn: string;
  status: 'ACTIVE' | 'INACTIVE';
  capacityProviders: readonly string[];
  defaultStrategy: readonly StrategyItem[];
  tags: readonly Tag[];
  readonly settings: readonly unknown[];
}

const validName = /^[a-zA-Z][a-zA-Z0-9_-]{0,254}$/;

export const CreateClusterInput = z.looseObject({
  clusterName: z.string().optional(),
  capacityProviders: z.array(z.string()).optional(),
  defaultCapacityProviderStrategy: z.array(StrategyItem).optional(),
  tags: z
    .array(z.looseObject({ key: z.string().optional(), value: z.string().optional() }))
    .optional(),
  settings: z.array(z.looseObject({})).optional(),
});
export const PutClusterCapacityProvidersInput = z.looseObject({
  cluster: z.string(),
  capacityProviders: z.array(z.string()),
  defaultCapacityProviderStrategy: z.array(StrategyItem),
});
export const DescribeClustersInput = z.looseObject({
  clusters: z.array(z.string()).optional(),
  include: z.array(z.string()).optional(),
});
export const ClusterReference = z.looseObject({ cluster: z.string() });

/** The settings that the creation of a cluster accepts. */
export interface ClusterSettings {
  readonly capacityProviders?: readonly string[];
  readonly defaultStrategy?: readonly StrategyItem[];
  readonly tags?: readonly Tag[];
  readonly settings?: readonly unknown[];
}

/**
 * The clusters of an account and region. `default` and the clusters of the options exist from the
 * start, with Fargate.
 */
export class Clusters {
  readonly #prefix: string;
  readonly #byName = new Map<string, Cluster>();

  constructor(account: string, region: string, names: readonly string[]) {
    this.#prefix = `arn:aws:ecs:${region}:${account}:cluster/`;
    for (const name of ['default', ...names]) {
      this.create(name, { capacityProviders: ['FARGATE', 'FARGATE_SPOT'] });
    }
  }

  get all(): readonly Cluster[] {
    return [...this.#byName.values()].filter((cluster) => cluster.status === 'ACTIVE');
  }

  /** Returns an existing cluster unchanged. */
  create(name: string, settings: ClusterSettings = {}): Cluster {
    if (!validName.test(name)) {
      throw invalidParameter(
        'Cluster names must start with a letter and have at most 255 letters, numbers, hyphens ' +
          'and underscores.',
      );
    }
    const known = this.#byName.get(name);
    if (known?.status === 'ACTIVE') return known;
    const cluster: Cluster = {
      name,
      arn: this.#prefix + name,
      status: 'ACTIVE',
      capacityProviders: settings.capacityProviders ?? [],
      defaultStrategy: settings.defaultStrategy ?? [],
      tags: settings.tags ?? [],
      settings: settings.settings ?? [{ name: 'containerInsights', value: 'disabled' }],
    };
    this.#byName.set(name, cluster);
    return cluster;
  }

  find(nameOrArn: string | undefined): Cluster | undefined {
    const reference = nameOrArn ?? 'default';
    if (reference.startsWith('arn:') && !reference.startsWith(this.#prefix)) return undefined;
    return this.#byName.get(
      reference.startsWith('arn:') ? reference.slice(this.#prefix.length) : reference,
    );
  }

  /** Throws ClusterNotFoundException unless the cluster exists and is ACTIVE. */
  require(nameOrArn: string | undefined): Cluster {
    const cluster = this.find(nameOrArn);
    if (cluster?.status !== 'ACTIVE') throw clusterNotFound();
    return cluster;
  }
}

export interface ClusterCounts {
  readonly running: number;
  readonly pending: number;
  readonly instances: number;
}

export function clusterAnswer(
  cluster: Cluster,
  counts: ClusterCounts,
  withTags: boolean,
): Record<string, unknown> {
  return {
    clusterArn: cluster.arn,
    clusterName: cluster.name,
    status: cluster.status,
    registeredContainerInstancesCount: counts.instances,
    runningTasksCount: counts.running,
    pendingTasksCount: counts.pending,
    activeServicesCount: 0,
    statistics: [],
    tags: withTags ? cluster.tags : [],
    settings: cluster.settings,
    capacityProviders: cluster.capacityProviders,
    defaultCapacityProviderStrategy: cluster.defaultStrategy,
  };
}
