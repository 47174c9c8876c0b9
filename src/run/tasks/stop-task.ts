import { isCancellationWanted, standsAfterLaunch } from '../../core/claim/act-rows.ts';
import { AwsCallError, classifyAwsError } from '../../core/diagnosis/aws-error.ts';
import type { EcsTask } from '../../core/task/task.ts';
import { doubledMs } from '../../kernel/backoff.ts';
import { toError } from '../../kernel/errors.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { AwsSession } from '../ports/aws.ts';
import type { StopLane } from '../shared/stop-lane.ts';
import type { Look } from '../states/look.ts';

/** A denied stop is repeated after 1, 2, 4, 8, 10 minutes (ownership.md 11.5). */
export function untilDeniedStopAgainMs(denials: number): number {
  return doubledMs(denials, 60_000, 10 * 60_000);
}

/** Why a task is to be stopped; each has its row in ownership.md 0.4.9. */
export type StopCause =
  /** A7: its run was cancelled. */
  | 'cancelled'
  /** A8: it did not start in time. */
  | 'overdue'
  /** A9: its launch does not stand. */
  | 'launch-void';

export interface StoppableTask {
  readonly launchId: string;
  readonly attempt: number;
  readonly clusterArn: string;
  readonly taskArn: string;
  readonly session: Pick<AwsSession, 'key' | 'stopTask'>;
}

export interface StopRequest {
  readonly cause: StopCause;
  readonly task: StoppableTask;
  /** The task's stopped reason, for people. */
  readonly reason: string;
}

/** What came of asking ECS to stop a task, once. */
export type StopOutcome =
  /** An answer showed desiredStatus STOPPED. */
  | { readonly kind: 'stopping'; readonly task: EcsTask }
  /** ECS knows no such task: it is gone, or too young to be seen. */
  | { readonly kind: 'not-found' }
  | { readonly kind: 'denied'; readonly error: Error }
  /** No readable answer, or none that shows a stop: ask again. */
  | { readonly kind: 'again'; readonly error: Error | undefined }
  /** What the look shows does not allow it. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'stale' };

export interface StopPorts {
  readonly clock: Clock;
  readonly stops: StopLane;
}

/**
 * Asks ECS to stop a task, if the look allows it and is fresh when the call is sent. One call: whoever repeats it looks
 * again first. Waits its turn behind calls of the session that were denied (ownership.md 11.5).
 */
export async function stopTask(
  look: Look,
  { cause, task, reason }: StopRequest,
  ports: StopPorts,
  signal: AbortSignal,
): Promise<StopOutcome> {
  if (!isAllowed(look, cause, task)) return { kind: 'refused' };
  await ports.stops.turn(task, signal);
  if (look.leftMs(ports.clock.monotonicMs()) <= 0) return { kind: 'stale' };
  try {
    const stopped = await task.session.stopTask(task.clusterArn, task.taskArn, reason, signal);
    ports.stops.allowed(task);
    const isStopping = stopped?.desiredStatus === 'STOPPED' || stopped?.lastStatus === 'STOPPED';
    return isStopping ? { kind: 'stopping', task: stopped } : { kind: 'again', error: undefined };
  } catch (error) {
    signal.throwIfAborted();
    if (isNotFound(error)) return { kind: 'not-found' };
    if (!(error instanceof AwsCallError) || classifyAwsError(error) !== 'hopeless')
      return { kind: 'again', error: toError(error) };
    ports.stops.denied(task);
    return { kind: 'denied', error };
  }
}

function isAllowed(look: Look, cause: StopCause, { launchId, attempt }: StoppableTask): boolean {
  switch (cause) {
    case 'cancelled':
      return isCancellationWanted(look, launchId);
    case 'overdue':
      return look.present.type !== 'RUNNING';
    case 'launch-void':
      return !standsAfterLaunch(look, { launchId, attempt });
  }
}

/** Rows of ecs-worker.md 11.5 that mean "there is nothing to stop". */
function isNotFound(error: unknown): boolean {
  if (!(error instanceof AwsCallError)) return false;
  const text = `${error.name}: ${error.message}`;
  return /ClusterNotFound|not find task|referenced task was not found|no registered tasks/.test(text);
}
