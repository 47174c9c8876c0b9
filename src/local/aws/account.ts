import type { AccountParts } from './account-parts.ts';
import { CapacityProviders } from './capacity/capacity-providers.ts';
import { Clusters } from './ecs/clusters.ts';
import type { LocalAwsDeps } from './deps.ts';
import { EventBus } from './events/event-bus.ts';
import { Queues } from './sqs/queues.ts';
import { InstancePool } from './capacity/instance-pool.ts';
import { LogGroups } from './logs/log-groups.ts';
import { defaultNetwork, type NetworkFixtures } from './ec2/network.ts';
import { RateLimits } from './rate-limits.ts';
import type { RunTaskInput } from './ecs/run-task-input.ts';
import { TaskDefinitions } from './ecs/task-definitions.ts';
import { Tasks } from './ecs/tasks.ts';

/**
 * All resources of one account in one region. Accounts and regions share nothing except the
 * capacity that a test turns off.
 */
export class Account implements AccountParts {
  readonly id: string;
  readonly region: string;
  readonly deps: LocalAwsDeps;
  readonly network: NetworkFixtures;
  readonly clusters: Clusters;
  readonly capacityProviders: CapacityProviders;
  readonly instances: InstancePool;
  readonly taskDefinitions: TaskDefinitions;
  readonly tasks: Tasks;
  readonly logs: LogGroups;
  readonly queues: Queues;
  readonly events: EventBus;
  readonly limits: RateLimits | undefined;

  constructor(id: string, region: string, deps: LocalAwsDeps, isLimited: boolean) {
    this.id = id;
    this.region = region;
    this.deps = deps;
    this.network = deps.network ?? defaultNetwork;
    this.clusters = new Clusters(id, region, deps.clusters);
    this.capacityProviders = new CapacityProviders(id, region);
    this.instances = new InstancePool({ account: id, region }, deps.clock, deps.random);
    this.taskDefinitions = new TaskDefinitions(id, region, deps);
    this.logs = new LogGroups(id, region, deps);
    this.queues = new Queues(id, region, deps);
    this.events = new EventBus({ account: id, region }, deps, this.queues);
    this.limits = isLimited ? new RateLimits(deps.clock, region) : undefined;
    this.tasks = new Tasks({ account: this, deps });
  }

  /** Fargate's limits on top of RunTask's own (aws-ecs.md B.6.1). */
  chargeLaunches(input: RunTaskInput): void {
    if (this.limits === undefined) return;
    const wishes = this.tasks.wishes(input).filter(({ launchType }) => launchType === 'FARGATE');
    if (wishes.length === 0) return;
    const onSpot = wishes.filter(
      ({ capacityProvider }) => capacityProvider === 'FARGATE_SPOT',
    ).length;
    this.limits.take('Fargate RunTask', 1);
    this.limits.take('Fargate launches on Spot', onSpot);
    this.limits.take('Fargate launches on demand', wishes.length - onSpot);
  }
}
