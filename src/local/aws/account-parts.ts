import type { Clusters } from './clusters.ts';
import type { LogGroups } from './log-groups.ts';
import type { TaskDefinitions } from './task-definitions.ts';

/** What tasks find around them in their account and region. */
export interface AccountParts {
  readonly id: string;
  readonly region: string;
  readonly clusters: Clusters;
  readonly taskDefinitions: TaskDefinitions;
  readonly logs: LogGroups;
}
