import { AwsCallError, classifyAwsError } from '../../core/diagnosis/aws-error.ts';
import { isFinal } from '../../core/prefect/state.ts';
import { linkAbort, whenAborted, type AbortFlag } from '../../kernel/abort.ts';
import { exponentialMs } from '../../kernel/backoff.ts';
import { toError } from '../../kernel/errors.ts';
import type { ClaimedTask } from '../output/claimed-task.ts';
import { proposalOf } from '../states/proposals.ts';
import type { AwsSession } from '../ports/prefect-api.ts';
import type { ReportedRun } from '../report/report.ts';
import type { RunPorts } from '../run-context.ts';

export const cancelledWhilePending = 'Flow run cancelled by worker while pending.';

/** What came of asking ECS to stop a task. */
export type StopOutcome =
  /** An answer showed desiredStatus STOPPED. */
  | { readonly kind: 'stopping' }
  /** There is no such task any more. */
  | { readonly kind: 'gone' }
  | { readonly kind: 'denied'; readonly error: Error };

export type StopPorts = Pick<RunPorts, 'clock' | 'random'>;

/**
 * Stops a task, repeating until an answer shows that ECS means to (ecs-worker.md 11). Rejects only with the signal's
 * reason; what no repetition heals is `denied`.
 */
export async function stopTask(
  session: Pick<AwsSession, 'stopTask'>,
  task: { readonly clusterArn: string; readonly taskArn: string },
  reason: string,
  ports: StopPorts,
  signal: AbortSignal,
): Promise<StopOutcome> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const stopped = await session.stopTask(task.clusterArn, task.taskArn, reason, signal);
      if (stopped?.desiredStatus === 'STOPPED' || stopped?.lastStatus === 'STOPPED')
        return { kind: 'stopping' };
    } catch (error) {
      signal.throwIfAborted();
      if (isGone(error)) return { kind: 'gone' };
      const kind = error instanceof AwsCallError ? classifyAwsError(error) : 'hopeless';
      if (kind === 'hopeless') return { kind: 'denied', error: toError(error) };
    }
    await ports.clock.sleep(exponentialMs(attempt, 1_000, 30_000, ports.random), signal);
  }
}

/** Rows of ecs-worker.md 11.5 that mean "there is nothing to stop". */
function isGone(error: unknown): boolean {
  if (!(error instanceof AwsCallError)) return false;
  const text = `${error.name}: ${error.message}`;
  return /ClusterNotFound|not find task|referenced task was not found|no registered tasks/.test(text);
}

/**
 * Waits for a cancellation of the run and sees it through: a task that never ran is stopped at once; one that runs
 * watches its own cancellation and has a grace to end by itself. Ends with `over`; never rejects.
 */
export async function stopCancelledTask(
  task: ClaimedTask,
  cancelAsked: AbortFlag,
  ports: RunPorts,
  over: AbortFlag,
): Promise<void> {
  if (await isAskedFirst(cancelAsked, over)) await seeThrough(task, ports, over);
}

async function seeThrough(task: ClaimedTask, ports: RunPorts, over: AbortFlag): Promise<void> {
  using link = linkAbort(over);
  const { signal } = link;
  try {
    const { flowRun } = await ports.runStates.see(task.run.flowRun.id);
    if (flowRun === undefined || (flowRun.stateType !== 'CANCELLING' && flowRun.stateType !== 'CANCELLED'))
      return;
    const hasRun = flowRun.startTime !== undefined;
    const graceSeconds = ports.settings().cancelGraceSeconds;
    if (hasRun) await ports.clock.sleep(graceSeconds * 1000, signal);
    const reason = hasRun
      ? `Stopped by Prefect worker '${ports.worker().name}': the flow run was cancelled and its task did not stop within ` +
        `${graceSeconds} seconds.`
      : 'Stopped by Prefect worker';
    const outcome = await stopTask(task.session, task, reason, ports, signal);
    if (outcome.kind === 'denied') {
      task.run.log.error(
        `Could not stop ECS task '${task.taskArn}' of the cancelled flow run: ${outcome.error.message}. It runs on; stop it ` +
          'by hand, and allow ecs:StopTask to the worker.',
      );
      return;
    }
    task.run.log.info(`Stopped ECS task '${task.taskArn}' in cluster '${task.clusterArn}'`);
    await proposeCancelled(
      task.run,
      hasRun
        ? `Flow run cancelled by worker: its task did not stop within ${graceSeconds} seconds.`
        : cancelledWhilePending,
      ports,
      signal,
    );
  } catch (error) {
    if (!signal.aborted)
      task.run.log.error('The cancellation could not be seen through.', { error: toError(error).message });
  }
}

/** Every followed task waits here, without a signal of its own. */
async function isAskedFirst(cancelAsked: AbortFlag, over: AbortFlag): Promise<boolean> {
  const detachers: (() => void)[] = [];
  await new Promise<void>((resolve) => {
    for (const source of [cancelAsked, over]) detachers.push(whenAborted(source, resolve));
  });
  for (const detach of detachers) detach();
  return !over.aborted;
}

/** Cancelled, over CANCELLING only, read just before: a run that ended by itself keeps its end. */
export async function proposeCancelled(
  run: Pick<ReportedRun, 'flowRun' | 'proposals' | 'log'>,
  message: string,
  ports: Pick<RunPorts, 'runStates' | 'random' | 'clock'>,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { flowRun } = await ports.runStates.see(run.flowRun.id);
      if (flowRun?.stateType === undefined || isFinal(flowRun.stateType)) return;
      if (flowRun.stateType !== 'CANCELLING') return;
      const transitionId = ports.random.uuid();
      await run.proposals.final(
        proposalOf('CANCELLED', { name: 'Cancelled', message, transitionId, force: true }),
        signal,
      );
      run.log.info(message);
      return;
    } catch (error) {
      signal.throwIfAborted();
      run.log.debug('Could not propose Cancelled', { error: toError(error).message });
      await ports.clock.sleep(exponentialMs(attempt, 1_000, 30_000, ports.random), signal);
    }
  }
}
