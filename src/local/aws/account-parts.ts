import type { CapacityProviders } from './capacity/capacity-providers.ts';
import type { Clusters } from './ecs/clusters.ts';
import type { InstancePool } from './capacity/instance-pool.ts';
import type { LogGroups } from './logs/log-groups.ts';
import type { Task } from './ecs/task.ts';
import type { TaskDefinitions } from './ecs/task-definitions.ts';

/** Receives every change of a task. */
export interface TaskEvents {
  taskChanged(task: Task): void;
}

/** The account and region that a task belongs to. */
export interface AccountParts {
  readonly id: string;
  readonly region: string;
  readonly clusters: Clusters;
  readonly capacityProviders: CapacityProviders;
  readonly instances: InstancePool;
  readonly taskDefinitions: TaskDefinitions;
  readonly logs: LogGroups;
  readonly events: TaskEvents;
}
