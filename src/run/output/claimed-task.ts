import type { ContainerOutput } from './container-output.ts';
import type { StartFailure } from '../../core/diagnosis/start-failure.ts';
import type { AwsSession } from '../ports/aws.ts';
import type { ReportedRun } from '../states/reported-run.ts';
import type { TaskEnd } from '../ports/task-follower.ts';

/** A task that speaks for a claim: launched by this process, or adopted. */
export interface ClaimedTask {
  readonly run: ReportedRun;
  readonly taskArn: string;
  readonly clusterArn: string;
  readonly session: AwsSession;
  /** The container in which the flow run is orchestrated. */
  readonly containerName: string;
  readonly output: ContainerOutput;
  /** The container was seen running: no other launch of the claim can follow. */
  readonly onRunning: () => void;
  readonly launchedAtMs: number;
  /** Whether it starts in time is judged by no answer from before. */
  readonly judgedFromMs?: number;
  /** It ran when it was taken over. */
  readonly isRunning?: boolean;
  readonly startTimeoutSeconds: number | undefined;
  readonly pollIntervalSeconds: number;
  /**
   * Why the task came to nothing, if the claim is to be launched again; undefined: its end is to be
   * told.
   */
  readonly relaunchAfter: (end: TaskEnd) => StartFailure | undefined;
  /** Who launched it. */
  readonly workerName: string;
  /** What is left to do at AWS once the task has stopped; never throws. */
  readonly cleanUp: (end: TaskEnd, signal: AbortSignal) => Promise<void>;
}
