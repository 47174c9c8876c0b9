import type { CapacityProviders } from './capacity-providers.ts';
import type { Clusters } from './clusters.ts';
import type { InstancePool } from './instance-pool.ts';
import type { LogGroups } from './log-groups.ts';
import type { Task } from './task.ts';
import type { TaskDefinitions } from './task-definitions.ts';

/** Who is told of every change of a task. */
export interface TaskEvents {
  taskChanged(task: Task): void;
}

/** What tasks find around them in their account and region. */
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
