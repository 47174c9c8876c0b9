import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { Random } from '../../kernel/random.ts';
import type { TaskExecutor } from './executor.ts';

/** How long a task stays in each status, in milliseconds (aws-ecs.md B.1 has AWS's own figures). */
export interface TaskDelays {
  readonly provisioning: number;
  readonly pending: number;
  readonly activating: number;
  readonly deactivating: number;
  readonly stopping: number;
  readonly deprovisioning: number;
}

export interface LocalAwsDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly executor: TaskExecutor;
  readonly log: Logger;
  readonly delays: TaskDelays;
  /** How long a stopped task can still be described. */
  readonly stoppedTaskRetentionMs: number;
  /** Starts work that lives as long as the local AWS. */
  readonly spawn: (name: string, work: (signal: AbortSignal) => Promise<void>) => void;
}
