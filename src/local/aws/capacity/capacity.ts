import type { Account } from '../account.ts';
import type { ContainerInstance } from './container-instances.ts';
import { FargateCapacity } from './fargate-capacity.ts';
import type { NewInstance } from './new-instance.ts';

/** AWS's own limit of PROVISIONING tasks in one cluster (aws-ecs.md B.6.1). */
const usualProvisioningQuota = 300;

export interface InstancePlace {
  readonly cluster: string;
  readonly account?: string;
  readonly region?: string;
}

/** An EC2 container instance, as its owner controls it. */
export interface InstanceHandle {
  readonly arn: string;
  /** Placement fails with `AGENT` from then on. The instance's tasks continue. */
  disconnectAgent(): void;
  connectAgent(): void;
  /** The instance's tasks continue, but no new ones are placed on it. */
  drain(): void;
  /** The host dies: its tasks end without an exit code. */
  terminate(): void;
}

/** The capacity to run tasks, for tests to add and remove. All accounts share Fargate's. */
export class Capacity extends FargateCapacity {
  readonly #accountAt: (account?: string, region?: string) => Account;
  #provisioningQuota = usualProvisioningQuota;

  /** @internal */
  constructor(accountAt: (account?: string, region?: string) => Account) {
    super();
    this.#accountAt = accountAt;
  }

  /**
   * How many tasks of each cluster may wait in PROVISIONING for instances. Beyond that, RunTask is
   * refused. Default: 300.
   */
  limitProvisioning(most = usualProvisioningQuota): void {
    this.#provisioningQuota = most;
  }

  /** @internal */
  get provisioningQuota(): number {
    return this.#provisioningQuota;
  }

  addInstance(place: InstancePlace, instance: NewInstance): InstanceHandle {
    const account = this.#accountAt(place.account, place.region);
    const cluster = account.clusters.require(place.cluster);
    const added = account.instances.add(cluster, instance);
    account.tasks.placeWaiting();
    return handleOf(added, account);
  }
}

function handleOf(instance: ContainerInstance, account: Account): InstanceHandle {
  return {
    arn: instance.arn,
    disconnectAgent: () => void (instance.isConnected = false),
    connectAgent: () => {
      instance.isConnected = true;
      account.tasks.placeWaiting();
    },
    drain: () => void (instance.status = 'DRAINING'),
    terminate: () => {
      account.instances.remove(instance);
      for (const task of account.tasks.all) {
        if (task.placement.instance === instance) account.tasks.life(task)?.loseHost();
      }
    },
  };
}
