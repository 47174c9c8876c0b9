import { linkAbort } from '../kernel/abort.ts';
import { Cancelled } from '../kernel/task-group.ts';
import type { ActiveRun } from './active-runs.ts';
import { stopCancelledTask } from './cancel.ts';
import type { ClaimedTask } from './claimed-task.ts';
import { report, type RunOutcome } from './report.ts';
import type { RunLife, RunPorts, TaskEnd } from './run-ports.ts';

/**
 * Follows a task to its end, stops it when its run is cancelled, and reports. The slot comes free when the task has
 * stopped. Hands over when the drain begins, or when another process turns out to follow the run.
 */
export async function followToEnd(
  task: ClaimedTask,
  active: ActiveRun,
  slot: Disposable,
  ports: RunPorts,
  life: RunLife,
): Promise<RunOutcome> {
  const end = await endOf(task, active, ports, life);
  if (end === undefined) return { kind: 'handed-over' };
  slot[Symbol.dispose]();
  await task.cleanUp(end, life.stop);
  return report(task.run, end, task.containerName, ports, life);
}

/** Undefined: nobody here follows the task any more. */
async function endOf(
  task: ClaimedTask,
  active: ActiveRun,
  ports: RunPorts,
  life: RunLife,
): Promise<TaskEnd | undefined> {
  using watching = linkAbort(life.drain, active.letGo);
  const { run } = task;
  const cancelling = stopCancelledTask(task, active.cancelAsked, ports, watching.signal);
  try {
    return await ports.follower.follow(
      {
        launchId: run.launchId,
        flowRun: run.flowRun,
        taskArn: task.taskArn,
        clusterArn: task.clusterArn,
        session: task.session,
        launchedAtMs: task.launchedAtMs,
        startTimeoutSeconds: task.startTimeoutSeconds,
        pollIntervalSeconds: task.pollIntervalSeconds,
        log: run.log,
        proposals: run.proposals,
        workerName: task.workerName,
      },
      watching.signal,
    );
  } catch (error) {
    if (!watching.signal.aborted) throw error;
    return undefined;
  } finally {
    watching.abort(new Cancelled('the task is no longer followed'));
    await cancelling;
  }
}
