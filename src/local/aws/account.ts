import type { AccountParts } from './account-parts.ts';
import { Clusters } from './clusters.ts';
import { LogGroups } from './log-groups.ts';
import { TaskDefinitions } from './task-definitions.ts';
import { Tasks } from './tasks.ts';
import type { LocalAwsDeps } from './deps.ts';

/** Everything that one account has in one region. Accounts and regions share nothing. */
export class Account implements AccountParts {
  readonly id: string;
  readonly region: string;
  readonly clusters: Clusters;
  readonly taskDefinitions: TaskDefinitions;
  readonly tasks: Tasks;
  readonly logs: LogGroups;

  constructor(id: string, region: string, deps: LocalAwsDeps) {
    this.id = id;
    this.region = region;
    this.clusters = new Clusters(id, region);
    this.taskDefinitions = new TaskDefinitions(id, region, deps.clock);
    this.logs = new LogGroups(id, region, deps.clock);
    this.tasks = new Tasks({ account: this, deps });
  }
}
