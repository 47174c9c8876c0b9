import type { GuardRails } from '../../core/guard/guard-rails.ts';
import type { TagBlanks } from '../../core/job/ecs-job.ts';
import type { CapacityLadder } from '../../core/plan/capacity-ladder.ts';

/** Settings that one run reads, each at the moment of use. */
export interface RunSettings {
  /**
   * The worker's Prefect settings for the container, under canonical names and in Prefect's formats
   * (prefect-api.md 5.2).
   */
  readonly passedOn: Readonly<Record<string, string>>;
  /** The worker's own environment, for `{{ $NAME }}` in templates. */
  readonly environment: Readonly<Record<string, string>>;
  /** Undefined: the deployment's Prefect version decides. */
  readonly defaultImage: string | undefined;
  readonly tagBlanks: TagBlanks;
  readonly registerAttempts: number;
  readonly registerInitialDelaySeconds: number;
  readonly registerMaxDelaySeconds: number;
  readonly createTaskRunAttempts: number;
  readonly createTaskRunMinDelaySeconds: number;
  readonly createTaskRunMinDelayJitterSeconds: number;
  readonly createTaskRunMaxDelayJitterSeconds: number;
  readonly prefetchSeconds: number;
  /** How long a running task may take to end by itself once its run was cancelled. */
  readonly cancelGraceSeconds: number;
  /**
   * How long a claim of another kind of worker may stay without a task before its run is crashed.
   */
  readonly unfoundTaskTimeoutSeconds: number;
  /** A dead container's last lines are copied to its run's log, at most so many. */
  readonly forwardCrashedRunLogs: boolean;
  readonly forwardCrashedRunLogsMaxEvents: number;
  /** Streamed output goes to the runs' logs in Prefect, too. */
  readonly streamOutputToRunLogs: boolean;
  /** How long a run waits for capacity; 0: not at all. */
  readonly capacityTimeoutSeconds: number;
  /** Of a worker's slots, those in which runs may wait for capacity. */
  readonly capacityWaitShare: number;
  /** Where a launch goes when the capacity that its job asks for stays full. */
  readonly capacityLadder: CapacityLadder;
  /** Whether a task that AWS could not start, and that never ran, is launched again. */
  readonly relaunchFailedStarts: boolean;
  /** Fields of requests that the bundled SDK does not know are sent all the same. */
  readonly allowsUnknownAwsFields: boolean;
  /** What runs may do with this worker's rights. */
  readonly guardRails: GuardRails;
}
