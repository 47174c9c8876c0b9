import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { Random } from '../../kernel/random.ts';
import { Channels } from './channels.ts';
import { CleanupQueue } from './cleanup-queue.ts';
import { ConcurrencyLimits } from './concurrency-limits.ts';
import { EventStream } from './events.ts';
import { FlowRuns } from './flow-runs.ts';
import { Ids } from './ids.ts';
import { policiesOf, type Policies } from './orchestration/policies.ts';
import type {
  BlockDocument,
  BlockSchema,
  BlockType,
  Deployment,
  Flow,
  FlowRunInput,
  Log,
  TaskRun,
  Variable,
  Worker,
  WorkPool,
  WorkQueue,
} from './records.ts';
import { ScriptedVerdicts } from './scripted-verdicts.ts';
import { serverVersion, type ServerVersion } from './server-version.ts';
import { LogStream } from './log-stream.ts';
import { Table } from './table.ts';
import { timestampOfDate, type Timestamp } from './timestamps.ts';

export interface WorldOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly version: string;
}

/** When a call arrived: by the clock, and in the order of changes to runs. */
export interface Arrival {
  readonly at: Timestamp;
  readonly change: number;
}

/** The whole state of the server. */
export class World {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly ids: Ids;
  readonly version: ServerVersion;
  readonly policies: Policies;
  readonly pools = new Table<WorkPool>();
  readonly queues = new Table<WorkQueue>();
  readonly workers = new Table<Worker>();
  readonly flows = new Table<Flow>();
  readonly deployments = new Table<Deployment>();
  readonly runs = new FlowRuns();
  readonly taskRuns = new Table<TaskRun>();
  readonly inputs = new Table<FlowRunInput>();
  readonly logs = new Table<Log>();
  readonly logStream = new LogStream();
  readonly variables = new Table<Variable>();
  readonly blockTypes = new Table<BlockType>();
  readonly blockSchemas = new Table<BlockSchema>();
  readonly blockDocuments = new Table<BlockDocument>();
  readonly limits: ConcurrencyLimits;
  readonly events: EventStream;
  readonly cleanups: CleanupQueue;
  readonly channels: Channels;
  readonly verdicts = new ScriptedVerdicts();
  /** CSRF tokens by client. */
  readonly csrfTokens = new Map<string, { readonly token: string; readonly expires: Timestamp }>();

  constructor(options: WorldOptions) {
    const { clock, random, log, version } = options;
    this.clock = clock;
    this.random = random;
    this.log = log;
    this.ids = new Ids(clock, random);
    this.version = serverVersion(version);
    this.policies = policiesOf(this.version);
    this.limits = new ConcurrencyLimits(clock, this.ids);
    this.events = new EventStream(clock);
    this.cleanups = new CleanupQueue(clock, this.ids);
    this.channels = new Channels();
  }

  now(): Timestamp {
    return timestampOfDate(this.clock.now());
  }

  arrival(): Arrival {
    return { at: this.now(), change: this.runs.changes };
  }

  /** The columns that every new row has. */
  row(): { readonly id: string; readonly created: Timestamp; readonly updated: Timestamp } {
    const now = this.now();
    return { id: this.ids.uuid(), created: now, updated: now };
  }

  poolNamed(name: string): WorkPool | undefined {
    return this.pools.find((pool) => pool.name === name);
  }

  queueNamed(pool: WorkPool, name: string): WorkQueue | undefined {
    return this.queues.find((queue) => queue.work_pool_id === pool.id && queue.name === name);
  }

  /** By priority, as the server lists them. */
  queuesOf(pool: WorkPool): readonly WorkQueue[] {
    const queues = this.queues.filter((queue) => queue.work_pool_id === pool.id);
    return queues.toSorted((one, other) => one.priority - other.priority);
  }

  poolOfQueue(queueId: string | null): WorkPool | undefined {
    const queue = queueId === null ? undefined : this.queues.get(queueId);
    return queue === undefined ? undefined : this.pools.get(queue.work_pool_id);
  }
}
