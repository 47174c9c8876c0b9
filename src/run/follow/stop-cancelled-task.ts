import { linkAbort, whenAborted, type AbortFlag } from '../../kernel/abort.ts';
import { toError } from '../../kernel/errors.ts';
import type { ClaimedTask } from '../output/claimed-task.ts';
import type { RunPorts } from '../run-context.ts';
import { stopTask } from '../tasks/stop-task.ts';
import { proposeCancelled, cancelledWhilePending } from '../states/cancelled.ts';

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
    const { flowRun } = await ports.flowRuns.read(task.run.flowRun.id);
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
