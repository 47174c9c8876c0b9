import type { EcsTask } from '../../core/task/task.ts';
import type { FlowRun } from '../../core/prefect/flow-run.ts';
import type { AbortFlag } from '../../kernel/abort.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { AwsSession } from './aws.ts';

export interface Launched {
  readonly taskArn: string;
  readonly clusterArn: string;
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
  /** When ECS accepted it, by our clock. */
  readonly launchedAtMs: number;
  /** It ran when it was taken over. */
  readonly isRunning: boolean;
  /** Undefined: it may take as long as it likes to start. */
  readonly startLimits: StartLimits | undefined;
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

/** How long a task may take to start. */
export interface StartLimits {
  readonly timeoutSeconds: number;
  /**
   * How long its capacity provider may take to have an instance for it; its start counts from then
   * on.
   */
  readonly capacitySeconds: number;
  /** Whether it starts in time is judged by no answer from before. */
  readonly judgedFromMs: number;
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

/**
 * Follows tasks to their end. Rejects only with the signal's reason: then nobody follows the task
 * any more.
 */
export interface TaskFollower {
  follow(task: LaunchedTask, until: AbortFlag): Promise<TaskEnd>;
  /** What somebody else was answered by ECS about a task that may be followed. */
  saw(task: EcsTask): void;
}
