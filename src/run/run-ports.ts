import type { Owner } from '../core/outcome/claim-record.ts';
import type { FlowRun } from '../core/prefect/flow-run.ts';
import type { WorkPool } from '../core/prefect/work-pool.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Random } from '../kernel/random.ts';
import type { ActiveRuns } from './active-runs.ts';
import type { Definitions } from './definitions.ts';
import type { JobReads } from './job-reads.ts';
import type { Leases } from './leases.ts';
import type { Aws, AwsSession, PrefectApi } from './ports.ts';
import type { RunStates } from './run-states.ts';
import type { EcsTask } from '../core/outcome/task.ts';

/** Who we are, as others see it in claims, labels and tags. */
export interface WorkerIdentity {
  readonly name: string;
  /** UUID of this process: two processes may share a name, never this. */
  readonly processId: string;
  /** Known on Prefect Cloud only, once the first heartbeat was answered. */
  readonly backendId: string | undefined;
  readonly prefectVersion: string;
}

/** As claims and labels name us. */
export function ownerOf({ name, processId }: WorkerIdentity): Owner {
  return { workerName: name, processId };
}

/** Settings that one run reads, each at the moment of use. */
export interface RunSettings {
  /** Worker settings passed on to the container, canonical names and formats (prefect-api.md 5.2). */
  readonly passedOn: Readonly<Record<string, string>>;
  /** The worker's own environment, for `{{ $NAME }}` in templates. */
  readonly environment: Readonly<Record<string, string>>;
  readonly defaultImage: string;
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
  /** How long a claim of another kind of worker may stay without a task before its run is crashed. */
  readonly unfoundTaskTimeoutSeconds: number;
}

/** A task that ECS accepted for a claim, and what its follower needs to know of it. */
export interface LaunchedTask {
  /** The claim's `transition_id`; a record of a task is kept by it, not by the run. */
  readonly launchId: string;
  readonly flowRun: FlowRun;
  readonly taskArn: string;
  /** As DescribeTasks wants it: the task's own cluster. */
  readonly clusterArn: string;
  readonly session: AwsSession;
  readonly launchedAtMs: number;
  /** Undefined: it may take as long as it likes to start. */
  readonly startTimeoutSeconds: number | undefined;
  readonly pollIntervalSeconds: number;
  readonly log: Logger;
  /** Of the claim: what is told of the task's progress goes in line with it. */
  readonly proposals: {
    progress(name: string, message: string | undefined, signal: AbortSignal): Promise<void>;
  };
  /** Who launched the task. */
  readonly workerName: string;
}

/** How a followed task ended. */
export type TaskEnd =
  | { readonly kind: 'stopped'; readonly task: EcsTask; readonly wasRunning: boolean }
  | { readonly kind: 'vanished'; readonly lastSeen: EcsTask | undefined }
  /** `lastSeen`: as it was before it was stopped. */
  | {
      readonly kind: 'start-timed-out';
      readonly elapsedSeconds: number;
      readonly lastSeen: EcsTask | undefined;
    };

/** Follows tasks to their end. Rejects only with the signal's reason: then nobody follows the task any more. */
export interface TaskFollower {
  follow(task: LaunchedTask, signal: AbortSignal): Promise<TaskEnd>;
}

/** A run's two endings (design.md decision 10): `drain` lets go of what can be left, `stop` ends what cannot. */
export interface RunLife {
  /** Nothing new is claimed; tasks that run are no longer followed. */
  readonly drain: AbortSignal;
  /** A claim that was made is no longer brought to its launch. */
  readonly stop: AbortSignal;
  /** Told when RunTask has answered: from then on a poll that shows the run again means a new claim. */
  readonly submitted: () => void;
}

/** All that the run of one flow run needs from outside. */
export interface RunPorts {
  readonly prefect: PrefectApi;
  readonly aws: Aws;
  readonly clock: Clock;
  readonly random: Random;
  readonly judge: 'us';
  /** The pool as it is now; a run that has begun keeps what it saw. */
  readonly workPool: () => WorkPool;
  readonly worker: () => WorkerIdentity;
  readonly settings: () => RunSettings;
  /** The flow run's own logger: console, and Prefect's log of the run. */
  readonly logFor: (flowRun: FlowRun, logger?: string) => Logger;
  readonly workerLog: Logger;
  readonly reads: JobReads;
  readonly definitions: Definitions;
  readonly runStates: RunStates;
  readonly follower: TaskFollower;
  readonly active: ActiveRuns;
  readonly leases: Leases;
}
