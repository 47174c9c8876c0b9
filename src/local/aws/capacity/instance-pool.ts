import type { Clock } from '../../../kernel/clock.ts';
import type { Random } from '../../../kernel/random.ts';
import type { NewInstance } from './new-instance.ts';
import { invalidParameter } from '../wire/aws-error.ts';
import type { Cluster } from '../ecs/clusters.ts';
import {
  misfit,
  occupy,
  vacate,
  type ContainerInstance,
  type InstanceResources,
  type Need,
} from './container-instances.ts';

export interface Unplaced {
  readonly arn: string;
  readonly reason: string;
}

/** How ECS chooses among instances with room. The first entry of `placementStrategy` decides. */
export type PlacementStrategy = {
  readonly type?: string | undefined;
  readonly field?: string | undefined;
};

/** The EC2 container instances of an account and region. */
export class InstancePool {
  readonly #place: { readonly account: string; readonly region: string };
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #byId = new Map<string, ContainerInstance>();

  constructor(
    place: { readonly account: string; readonly region: string },
    clock: Clock,
    random: Random,
  ) {
    this.#place = place;
    this.#clock = clock;
    this.#random = random;
  }

  add(cluster: Cluster, { zone, gpus = 0, enis = 8, ...given }: NewInstance): ContainerInstance {
    const { account, region } = this.#place;
    const id = this.#random.uuid().replaceAll('-', '');
    const registered: InstanceResources = { cpu: given.cpu, memory: given.memory, gpus, enis };
    const instance: ContainerInstance = {
      id,
      arn: `arn:aws:ecs:${region}:${account}:container-instance/${cluster.name}/${id}`,
      cluster,
      ec2InstanceId: given.ec2InstanceId ?? `i-0${id.slice(0, 16)}`,
      capacityProvider: given.capacityProvider,
      zone: `${region}${zone ?? 'a'}`,
      attributes: given.attributes ?? [],
      registered,
      registeredAt: this.#clock.now(),
      remaining: registered,
      ports: new Set(),
      isConnected: true,
      status: 'ACTIVE',
    };
    this.#byId.set(id, instance);
    return instance;
  }

  of(cluster: Cluster): readonly ContainerInstance[] {
    return [...this.#byId.values()].filter(
      (instance) => instance.cluster === cluster && instance.status !== 'INACTIVE',
    );
  }

  find(cluster: Cluster, reference: string): ContainerInstance | undefined {
    const instance = this.#byId.get(reference.split('/').at(-1) ?? '');
    return instance?.cluster === cluster && instance.status !== 'INACTIVE' ? instance : undefined;
  }

  require(cluster: Cluster, reference: string): ContainerInstance {
    const instance = this.find(cluster, reference);
    if (instance === undefined)
      throw invalidParameter('The referenced container instance was not found.');
    return instance;
  }

  remove(instance: ContainerInstance): void {
    instance.status = 'INACTIVE';
    this.#byId.delete(instance.id);
  }

  /** Reserves room for a task on an instance, or returns why each instance has none. */
  occupy(
    cluster: Cluster,
    provider: string | undefined,
    need: Need,
    strategy: readonly PlacementStrategy[],
  ): ContainerInstance | readonly Unplaced[] {
    const candidates = this.of(cluster).filter(
      (instance) =>
        instance.status === 'ACTIVE' &&
        (provider === undefined || instance.capacityProvider === provider),
    );
    const [best] = candidates
      .filter((instance) => misfit(instance, need) === undefined)
      .sort(by(strategy[0]));
    if (best !== undefined) {
      occupy(best, need);
      return best;
    }
    return candidates.map((instance) => ({
      arn: instance.arn,
      reason: misfit(instance, need) ?? '',
    }));
  }

  vacate(instance: ContainerInstance, need: Need): void {
    vacate(instance, need);
  }
}

/** `binpack` fills the fullest instance first. Anything else spreads: the emptiest first. */
function by(
  strategy: PlacementStrategy | undefined,
): (one: ContainerInstance, other: ContainerInstance) => number {
  const left = ({ remaining }: ContainerInstance): number =>
    strategy?.field?.toLowerCase() === 'cpu' ? remaining.cpu : remaining.memory;
  const sign = strategy?.type === 'binpack' ? 1 : -1;
  return (one, other) => sign * (left(one) - left(other));
}
