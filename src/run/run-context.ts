import type { Owner } from '../core/claim/claim-record.ts';
import type { FlowRun } from '../core/prefect/flow-run.ts';
import type { WorkPool } from '../core/prefect/work-pool.ts';
import type { AbortFlag } from '../kernel/abort.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Random } from '../kernel/random.ts';
import type { CapacityLadder } from '../core/plan/capacity-ladder.ts';
import type { ActiveRuns } from './shared/active-runs.ts';
import type { Capacity } from './shared/capacity-queue.ts';
import type { Definitions } from './shared/task-definitions.ts';
import type { JobReads } from './shared/cached-reads.ts';
import type { Leases } from './shared/leases.ts';
import type { Aws, AwsSession, OutputLine, PrefectApi, ReadableOutput } from './ports/prefect-api.ts';
import type { RunStates } from './shared/flow-run-reader.ts';
import type { EcsTask } from '../core/task/task.ts';

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
  /** Told once, when its containers are there. */
  readonly onRunning: () => void;
  /** Of the claim: what is told of the task's progress goes in line with it. */
  readonly proposals: {
    progress(name: string, message: string | undefined, signal: AbortSignal): Promise<unknown>;
  };
  /** Who launched the task. */
  readonly workerName: string;
}

/** One container's output, to be shown as it comes. */
export interface StreamedOutput {
  readonly from: ReadableOutput;
  readonly everyMs: number;
  /** Lines of before were another process's to show. */
  readonly since: Date | undefined;
  readonly show: (line: OutputLine) => void;
  readonly log: Logger;
}

/** An output that is being shown. */
export interface OpenOutput {
  /** Shows what is left of a container that has ended; never throws but for the signal. */
  finish(signal: AbortSignal): Promise<void>;
  /** Shows nothing more. */
  letGo(): void;
}

export interface OutputStreams {
  open(output: StreamedOutput): OpenOutput;
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
  follow(task: LaunchedTask, until: AbortFlag): Promise<TaskEnd>;
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
  readonly outputs: OutputStreams;
  /** Where a line of a container's output is shown. */
  readonly showOutput: (flowRun: FlowRun) => (line: OutputLine) => void;
  readonly capacity: Capacity;
}
