import type { Cluster } from '../ecs/clusters.ts';

export interface InstanceResources {
  /** CPU units: 1024 is one vCPU. */
  readonly cpu: number;
  /** MiB. */
  readonly memory: number;
  readonly gpus: number;
  /** Network interfaces for `awsvpc` tasks. */
  readonly enis: number;
}

export interface ContainerInstance {
  readonly id: string;
  readonly arn: string;
  readonly cluster: Cluster;
  readonly ec2InstanceId: string;
  readonly capacityProvider: string | undefined;
  readonly zone: string;
  readonly attributes: readonly { readonly name: string; readonly value?: string }[];
  readonly registered: InstanceResources;
  readonly registeredAt: Date;
  remaining: InstanceResources;
  readonly ports: Set<number>;
  isConnected: boolean;
  status: 'ACTIVE' | 'DRAINING' | 'INACTIVE';
}

/** What a task needs of an instance. */
export interface Need extends InstanceResources {
  readonly ports: readonly number[];
  /**
   * Attributes that the instance must have, from those `requiresAttributes` that name a property of
   * the instance.
   */
  readonly attributes: readonly string[];
  /** Zones that the task's subnets allow. Undefined: any. */
  readonly zones: readonly string[] | undefined;
}

/**
 * The `reason` for which an instance cannot take a task; undefined if it can (aws-ecs.md B.3.2).
 */
export function misfit(instance: ContainerInstance, need: Need): string | undefined {
  const { remaining } = instance;
  if (!instance.isConnected) return 'AGENT';
  const names = new Set(instance.attributes.map((attribute) => attribute.name));
  if (need.attributes.some((name) => !names.has(name))) return 'ATTRIBUTE';
  if (need.zones !== undefined && !need.zones.includes(instance.zone)) return 'LOCATION';
  if (need.cpu > remaining.cpu) return 'RESOURCE:CPU';
  if (need.memory > remaining.memory) return 'RESOURCE:MEMORY';
  if (need.gpus > remaining.gpus) return 'RESOURCE:GPU';
  if (need.enis > remaining.enis) return 'RESOURCE:ENI';
  if (need.ports.some((port) => instance.ports.has(port))) return 'RESOURCE:PORTS';
  return undefined;
}

export function occupy(instance: ContainerInstance, need: Need): void {
  instance.remaining = changed(instance.remaining, need, -1);
  for (const port of need.ports) instance.ports.add(port);
}

export function vacate(instance: ContainerInstance, need: Need): void {
  instance.remaining = changed(instance.remaining, need, 1);
  for (const port of need.ports) instance.ports.delete(port);
}

function changed(from: InstanceResources, need: Need, sign: 1 | -1): InstanceResources {
  return {
    cpu: from.cpu + sign * need.cpu,
    memory: from.memory + sign * need.memory,
    gpus: from.gpus + sign * need.gpus,
    enis: from.enis + sign * need.enis,
  };
}

export function instanceAnswer(
  instance: ContainerInstance,
  running: number,
  pending: number,
): Record<string, unknown> {
  return {
    containerInstanceArn: instance.arn,
    ec2InstanceId: instance.ec2InstanceId,
    capacityProviderName: instance.capacityProvider,
    version: 1,
    versionInfo: {
      agentVersion: '1.89.0',
      agentHash: '0000000',
      dockerVersion: 'DockerVersion: 25.0.8',
    },
    remainingResources: resourceList(instance.remaining),
    registeredResources: resourceList(instance.registered),
    status: instance.status,
    agentConnected: instance.isConnected,
    runningTasksCount: running,
    pendingTasksCount: pending,
    attributes: [...instance.attributes, { name: 'ecs.availability-zone', value: instance.zone }],
    registeredAt: instance.registeredAt.getTime() / 1000,
    attachments: [],
    tags: [],
  };
}

function resourceList({ cpu, memory }: InstanceResources): readonly unknown[] {
  const integer = (name: string, integerValue: number) => ({
    name,
    type: 'INTEGER',
    doubleValue: 0,
    longValue: 0,
    integerValue,
  });
  return [integer('CPU', cpu), integer('MEMORY', memory)];
}
