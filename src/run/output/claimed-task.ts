import type { ContainerOutput } from './container-output.ts';
import type { StartFailure } from '../../core/diagnosis/start-failure.ts';
import type { AwsSession } from '../ports/aws.ts';
import type { ReportedRun } from '../states/reported-run.ts';
import type { TaskEnd } from '../ports/task-follower.ts';

/** A task of a claim: launched by this process, or adopted. */
export interface ClaimedTask {
  readonly run: ReportedRun;
  readonly taskArn: string;
  readonly clusterArn: string;
  readonly session: AwsSession;
  /** The container that runs the flow. */
  readonly containerName: string;
  readonly output: ContainerOutput;
  /** Called when the container was seen running: no other launch of the claim can follow. */
  readonly onRunning: () => void;
  readonly launchedAtMs: number;
  /** Answers from before this time do not count when a late start is judged. */
  readonly judgedFromMs?: number;
  /** It was already running when it was adopted. */
  readonly isRunning?: boolean;
  readonly startTimeoutSeconds: number | undefined;
  readonly pollIntervalSeconds: number;
  /** Why the claim is relaunched after this end; undefined: report the end instead. */
  readonly relaunchAfter: (end: TaskEnd) => StartFailure | undefined;
  /** The name of the worker that launched it. */
  readonly workerName: string;
  /** Cleans up at AWS once the task has stopped. Never throws. */
  readonly cleanUp: (end: TaskEnd, signal: AbortSignal) => Promise<void>;
}
