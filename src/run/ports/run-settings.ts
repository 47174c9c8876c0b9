import type { GuardRails } from '../../core/guard/guard-rails.ts';
import type { TagBlanks } from '../../core/job/ecs-job.ts';
import type { CapacityLadder } from '../../core/plan/capacity-ladder.ts';

/** Settings of one run, each read at the moment of use. */
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
  /** How long a running task may take to end by itself after its run was cancelled. */
  readonly cancelGraceSeconds: number;
  /** How long a claim of another kind of worker may have no task before its run is crashed. */
  readonly unfoundTaskTimeoutSeconds: number;
  /** Copy at most this many last lines of a dead container to its run's log. */
  readonly forwardCrashedRunLogs: boolean;
  readonly forwardCrashedRunLogsMaxEvents: number;
  /** Also write streamed output to the run's log in Prefect. */
  readonly streamOutputToRunLogs: boolean;
  /** How long a run waits for capacity; 0: not at all. */
  readonly capacityTimeoutSeconds: number;
  /** Share of the worker's slots that runs waiting for capacity may hold. */
  readonly capacityWaitShare: number;
  /** Which capacity to try when the one that the job asks for stays full. */
  readonly capacityLadder: CapacityLadder;
  /** Whether to relaunch a task that AWS failed to start before user code ran. */
  readonly relaunchFailedStarts: boolean;
  /** Send request fields that the bundled SDK does not know. */
  readonly allowsUnknownAwsFields: boolean;
  /** What runs may do with this worker's rights. */
  readonly guardRails: GuardRails;
}
