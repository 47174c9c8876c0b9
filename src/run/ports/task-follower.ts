import type { EcsTask } from '../../core/task/task.ts';
import type { FlowRun } from '../../core/prefect/flow-run.ts';
import type { AbortFlag } from '../../kernel/abort.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { AwsSession } from './aws.ts';

export interface Launched {
  readonly taskArn: string;
  readonly clusterArn: string;
}

/** A task that ECS accepted for a claim, with what its follower needs. */
export interface LaunchedTask {
  /**
   * The claim's `transition_id`. Records are kept by it and not by the run, which may have two
   * claims.
   */
  readonly launchId: string;
  readonly flowRun: FlowRun;
  readonly taskArn: string;
  /** The task's own cluster, as DescribeTasks needs it. */
  readonly clusterArn: string;
  readonly session: AwsSession;
  /** When ECS accepted it, by our clock. */
  readonly launchedAtMs: number;
  /** It was already running when it was adopted. */
  readonly isRunning: boolean;
  /** Undefined: it may take any time to start. */
  readonly startLimits: StartLimits | undefined;
  readonly pollIntervalSeconds: number;
  readonly log: Logger;
  /** Called once, when its containers are running. */
  readonly onRunning: () => void;
  /** The claim's proposals: the task's progress is sent in line with them. */
  readonly proposals: {
    progress(name: string, message: string | undefined, signal: AbortSignal): Promise<unknown>;
  };
  /** The name of the worker that launched it. */
  readonly workerName: string;
}

/** How long a task may take to start. */
export interface StartLimits {
  readonly timeoutSeconds: number;
  /**
   * How long its capacity provider may take to provide an instance. The time to start counts from
   * then on.
   */
  readonly capacitySeconds: number;
  /** Answers from before this time do not count when a late start is judged. */
  readonly judgedFromMs: number;
}

/** How a followed task ended. */
export type TaskEnd =
  | { readonly kind: 'stopped'; readonly task: EcsTask; readonly wasRunning: boolean }
  | { readonly kind: 'vanished'; readonly lastSeen: EcsTask | undefined }
  /** `lastSeen`: its last state before it was stopped. */
  | {
      readonly kind: 'start-timed-out';
      readonly elapsedSeconds: number;
      readonly lastSeen: EcsTask | undefined;
    };

/**
 * Follows tasks to their end. Rejects only with the signal's reason; then this process no longer
 * follows the task.
 */
export interface TaskFollower {
  follow(task: LaunchedTask, until: AbortFlag): Promise<TaskEnd>;
  /** Passes on an answer of ECS that another part received about a task that may be followed. */
  saw(task: EcsTask): void;
}
