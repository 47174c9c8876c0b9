import type { AccountParts } from '../account-parts.ts';
import { invalidParameter } from '../wire/aws-error.ts';
import { isFargateProvider, spread } from './capacity-providers.ts';
import type { Cluster } from '../ecs/clusters.ts';
import type { Need } from './container-instances.ts';
import type { LocalAwsDeps } from '../deps.ts';
import type { Unplaced } from './instance-pool.ts';
import type { RunTaskInput } from '../ecs/run-task-input.ts';
import type { LaunchType, Placement } from '../ecs/task.ts';
import type { TaskDefinition } from '../ecs/task-definitions.ts';

/** Where one task should run, before capacity is checked. */
export interface Wish {
  readonly launchType: LaunchType;
  readonly capacityProvider: string | undefined;
}

/**
 * `waits`: the capacity provider has no room yet, and the task stays PROVISIONING until it does.
 */
export type Placed =
  | { readonly kind: 'placed'; readonly placement: Placement }
  | { readonly kind: 'waits'; readonly placement: Placement; readonly reason: string }
  /** There is no room yet, and too many tasks are already waiting. */
  | { readonly kind: 'over-quota' }
  | { readonly kind: 'refused'; readonly failures: readonly Partial<Unplaced>[] };

/**
 * Where each task is to run, one wish a task: by launch type, strategy, the cluster's default
 * strategy, else on EC2 (aws-ecs.md B.3.1).
 */
export function wishesOf(
  input: RunTaskInput,
  cluster: Cluster,
  account: AccountParts,
): readonly Wish[] {
  const { launchType, count = 1, capacityProviderStrategy = [] } = input;
  if (launchType !== undefined) {
    // Checked before: one of the API's four values.
    return Array.from({ length: count }, () => ({
      launchType: launchType as LaunchType,
      capacityProvider: undefined,
    }));
  }
  const strategy =
    capacityProviderStrategy.length > 0 ? capacityProviderStrategy : cluster.defaultStrategy;
  if (strategy.length === 0)
    return Array.from({ length: count }, () => ({
      launchType: 'EC2',
      capacityProvider: undefined,
    }));
  for (const { capacityProvider } of strategy) {
    const { name } = account.capacityProviders.require(capacityProvider);
    if (cluster.capacityProviders.includes(name)) continue;
    throw invalidParameter(
      'The specified capacity provider strategy cannot contain a capacity provider that is not ' +
        'associated with the cluster. Associate the capacity provider with the cluster and try ' +
        'again.',
    );
  }
  return spread(strategy, count).map((name) => ({
    launchType: isFargateProvider(name) ? 'FARGATE' : 'EC2',
    capacityProvider: name,
  }));
}

/** AWS's checks of subnets and security groups, if the test defined which exist. */
export function checkNetworkExists(input: RunTaskInput, { network }: LocalAwsDeps): void {
  const asked = input.networkConfiguration?.awsvpcConfiguration;
  if (asked === undefined || network === undefined) return;
  const vpcs = new Set<string>();
  for (const id of asked.subnets) {
    const subnet = network.subnets.find(({ subnetId }) => subnetId === id);
    if (subnet === undefined) {
      throw invalidParameter(
        `Error retrieving subnet information for [${id}]: The subnet ID '${id}' does not exist ` +
          '(ErrorCode: InvalidSubnetID.NotFound)',
      );
    }
    vpcs.add(subnet.vpcId);
  }
  if (vpcs.size > 1) throw invalidParameter('All subnets must belong to the same VPC.');
  for (const id of asked.securityGroups ?? []) {
    const group = network.securityGroups.find(({ groupId }) => groupId === id);
    if (group === undefined) {
      throw invalidParameter(
        `Error retrieving security group information for [${id}]: The security group '${id}' ` +
          'does not exist (ErrorCode: InvalidGroup.NotFound)',
      );
    }
    if (!vpcs.has(group.vpcId)) {
      throw invalidParameter(
        `Security group ${id} does not appear to belong to the same VPC as the input subnets.`,
      );
    }
  }
}

export interface PlacingContext {
  readonly account: AccountParts;
  readonly deps: LocalAwsDeps;
  readonly cluster: Cluster;
  readonly definition: TaskDefinition;
  readonly input: RunTaskInput;
  /** Fargate tasks of the account that have not stopped. */
  readonly fargateTasks: number;
  /** Tasks of the cluster that wait for room. */
  readonly waitingTasks: number;
}

export function place(wish: Wish, context: PlacingContext): Placed {
  return wish.launchType === 'FARGATE'
    ? placeOnFargate(wish, context)
    : placeOnInstance(wish, context);
}

function placeOnFargate(
  wish: Wish,
  { account, deps, input, fargateTasks }: PlacingContext,
): Placed {
  const provider = wish.capacityProvider === 'FARGATE_SPOT' ? 'FARGATE_SPOT' : 'FARGATE';
  const subnets = subnetsOf(input, account.region, deps);
  const zones = subnets.map(({ zone }) => zone);
  const reason = deps.fargate.refusalFor(provider, zones, fargateTasks);
  if (reason !== undefined) return { kind: 'refused', failures: [{ reason }] };
  const zone = deps.fargate.openZone(provider, zones) ?? `${account.region}a`;
  const subnetId = subnets.find((subnet) => subnet.zone === zone)?.subnetId;
  return { kind: 'placed', placement: { ...wish, zone, subnetId, instance: undefined } };
}

function placeOnInstance(wish: Wish, context: PlacingContext): Placed {
  const { account, cluster, definition, input, deps } = context;
  const inCluster = account.instances.of(cluster);
  if (
    wish.capacityProvider === undefined &&
    (inCluster.length === 0 || wish.launchType === 'EXTERNAL')
  )
    throw invalidParameter('No Container Instances were found in your cluster.');
  const need = needOf(definition, input, account.region, deps);
  const subnets = subnetsOf(input, account.region, deps);
  const found = account.instances.occupy(
    cluster,
    wish.capacityProvider,
    need,
    input.placementStrategy ?? [],
  );
  if ('id' in found) {
    const subnetId = (subnets.find(({ zone }) => zone === found.zone) ?? subnets[0])?.subnetId;
    return { kind: 'placed', placement: { ...wish, zone: found.zone, subnetId, instance: found } };
  }
  if (wish.capacityProvider === undefined) return { kind: 'refused', failures: found };
  const reason = found[0]?.reason ?? 'EMPTY CAPACITY PROVIDER';
  if (context.waitingTasks >= deps.provisioningQuota()) return { kind: 'over-quota' };
  const placement = {
    ...wish,
    zone: `${account.region}a`,
    subnetId: subnets[0]?.subnetId,
    instance: undefined,
  };
  return { kind: 'waits', placement, reason };
}

function subnetsOf(
  input: RunTaskInput,
  region: string,
  deps: LocalAwsDeps,
): readonly { readonly subnetId: string; readonly zone: string }[] {
  return (input.networkConfiguration?.awsvpcConfiguration?.subnets ?? []).map((subnetId) => {
    const known = deps.network?.subnets.find((subnet) => subnet.subnetId === subnetId);
    return { subnetId, zone: `${region}${known?.zone ?? 'a'}` };
  });
}

/** What the task takes of an instance: the task's own size, else the sum of its containers. */
export function needOf(
  { document }: TaskDefinition,
  input: RunTaskInput,
  region: string,
  deps: LocalAwsDeps,
): Need {
  const containers = document.containerDefinitions.map((definition) => ({
    ...definition,
    ...input.overrides?.containerOverrides?.find(({ name }) => name === definition.name),
  }));
  const sum = (of: (container: (typeof containers)[number]) => number): number =>
    containers.reduce((total, container) => total + of(container), 0);
  const isAwsvpc = document.networkMode === 'awsvpc';
  return {
    cpu: Number(input.overrides?.cpu ?? document.cpu ?? sum(({ cpu = 0 }) => cpu)),
    memory: Number(
      input.overrides?.memory ??
        document.memory ??
        sum(({ memory, memoryReservation }) => memoryReservation ?? memory ?? 0),
    ),
    gpus: sum(({ resourceRequirements = [] }) =>
      resourceRequirements
        .filter(({ type }) => type === 'GPU')
        .reduce((total, { value }) => total + Number(value), 0),
    ),
    enis: isAwsvpc ? 1 : 0,
    ports: isAwsvpc
      ? []
      : document.containerDefinitions.flatMap(({ portMappings = [] }) =>
          portMappings.flatMap(({ hostPort = 0 }) => (hostPort === 0 ? [] : [hostPort])),
        ),
    attributes: (document.placementConstraints ?? []).flatMap((constraint) =>
      attributeOf(constraint),
    ),
    zones:
      isAwsvpc && deps.network !== undefined
        ? subnetsOf(input, region, deps).map(({ zone }) => zone)
        : undefined,
  };
}

/**
 * Of the query language of `memberOf`, only "attribute exists" and "attribute == value" are
 * supported, by the attribute's name.
 */
function attributeOf(constraint: Readonly<Record<string, unknown>>): readonly string[] {
  const name = /^attribute:([\w.:-]+)/.exec(String(constraint['expression'] ?? ''))?.[1];
  return name === undefined ? [] : [name];
}
