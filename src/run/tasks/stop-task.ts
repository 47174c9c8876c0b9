import { isCancellationWanted, standsAfterLaunch } from '../../core/claim/act-rows.ts';
import { AwsCallError, classifyAwsError, isDeniedRight } from '../../core/diagnosis/aws-error.ts';
import { statementFor } from '../../core/diagnosis/policy.ts';
import { nothingToStop } from '../../core/diagnosis/stop-error.ts';
import type { EcsTask } from '../../core/task/task.ts';
import { doubledMs } from '../../kernel/backoff.ts';
import { toError } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/logger.ts';
import { asSentence } from '../../kernel/outage.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { AwsSession } from '../ports/aws.ts';
import type { StopLane } from '../shared/stop-lane.ts';
import type { Look } from '../states/look.ts';
import type { Looks } from '../states/looks.ts';

/** Time until a denied stop is retried: 1, 2, 4, 8, then 10 minutes (worker.md 11.5). */
export function untilDeniedStopAgainMs(denials: number): number {
  return doubledMs(denials, 60_000, 10 * 60_000);
}

/** Why a task is stopped. Each cause has its row in worker.md 0.4.9. */
export type StopCause =
  /** Its run was cancelled (worker.md A7). */
  | 'cancelled'
  /** It did not start in time (worker.md A8). */
  | 'overdue'
  /** Its launch no longer stands (worker.md A9). */
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
  /** The task's stopped reason, as people read it in the ECS console. */
  readonly reason: string;
  /** The stop is no longer wanted. Asked after the wait for a turn. */
  readonly isOver?: () => boolean;
  /**
   * Called when the call was denied. After denials of other tasks of the cluster, also called
   * before the stop is sent, because its turn may be minutes away. May be called twice.
   */
  readonly onDenied: (error: Error) => void;
}

/** The result of one StopTask call. */
export type StopOutcome =
  /** The answer showed desiredStatus or lastStatus STOPPED. */
  | { readonly kind: 'stopping'; readonly task: EcsTask }
  /**
   * ECS knows no such task: it is gone, or too young to be visible (worker.md 11.4). `words`: the
   * Python worker's message for it (worker.md 11.8).
   */
  | { readonly kind: 'not-found'; readonly words: string }
  | { readonly kind: 'denied'; readonly error: Error }
  /** No readable answer, or one that shows no stop: try again. */
  | { readonly kind: 'again'; readonly error: Error | undefined }
  /** The look does not allow the stop. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'stale' };

export interface StopPorts {
  readonly clock: Clock;
  readonly stops: StopLane;
  readonly looks: Pick<Looks, 'untilAgreed'>;
}

/**
 * Sends one StopTask, if the look allows it and is still fresh when the call is sent. Before a
 * repetition, the caller must look again: the run may have been retried, and the stop would hit the
 * new task. Where calls of this session were denied, waits its turn (worker.md 11.5).
 */
export async function stopTask(
  look: Look,
  { cause, task, reason, isOver, onDenied }: StopRequest,
  ports: StopPorts,
  signal: AbortSignal,
): Promise<StopOutcome> {
  if (!isAllowed(look, cause, task)) return { kind: 'refused' };
  const expected = ports.stops.expectedDenial(task);
  if (expected !== undefined) onDenied(expected);
  const turn = await ports.stops.turn(task, signal);
  if (isOver?.() === true) return { kind: 'stale' };
  const fresh = await renewed(look, ports, signal);
  if (fresh === undefined) return { kind: 'stale' };
  if (!isAllowed(fresh, cause, task)) return { kind: 'refused' };
  try {
    const behind = turn === 'paced' ? 'launches' : 'nothing';
    const stopped = await task.session.stopTask(task, reason, behind, signal);
    ports.stops.allowed(task);
    const isStopping = stopped?.desiredStatus === 'STOPPED' || stopped?.lastStatus === 'STOPPED';
    return isStopping ? { kind: 'stopping', task: stopped } : { kind: 'again', error: undefined };
  } catch (error) {
    signal.throwIfAborted();
    const words = nothingToStop(error, task);
    if (words !== undefined) return { kind: 'not-found', words };
    if (!(error instanceof AwsCallError) || classifyAwsError(error) !== 'hopeless')
      return { kind: 'again', error: toError(error) };
    ports.stops.denied(task, error);
    onDenied(error);
    return { kind: 'denied', error };
  }
}

/** Renews a look that became too old during the wait for a turn, so that the turn is not wasted. */
async function renewed(
  look: Look,
  { clock, looks }: StopPorts,
  signal: AbortSignal,
): Promise<Look | undefined> {
  if (look.leftMs(clock.monotonicMs()) > 0) return look;
  const again = await looks.untilAgreed(look.flowRun.id, signal);
  return again === undefined || again.leftMs(clock.monotonicMs()) <= 0 ? undefined : again;
}

/** Logs to the run, once, that its task may not be stopped. */
export function tellDeniedOnce(
  taskArn: string,
  whose: string,
  log: Logger,
): (error: Error) => void {
  let isTold = false;
  return (error) => {
    if (isTold) return;
    isTold = true;
    const advice = isDeniedRight(error)
      ? `, or grant ecs:StopTask to the worker. ${statementFor('ecs:StopTask', error.message)}`
      : '.';
    log.error(
      `Could not stop ECS task '${taskArn}' of ${whose}: ${asSentence(error.message)} ` +
        `The task keeps running and the worker retries. Stop it by hand${advice}`,
    );
  };
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

/** Logs once that there is nothing to stop. */
export function tellNothingToStopOnce(log: Logger): (words: string) => void {
  let isTold = false;
  return (words) => {
    if (!isTold) log.warning(words);
    isTold = true;
  };
}
