import { linkAbort } from '../kernel/abort.ts';
import { Cancelled } from '../kernel/task-group.ts';
import type { StartFailure } from '../core/outcome/start-failure.ts';
import type { ActiveRun } from './active-runs.ts';
import { stopCancelledTask } from './cancel.ts';
import type { ClaimedTask } from './claimed-task.ts';
import { report, type RunOutcome } from './report.ts';
import type { RunLife, RunPorts, TaskEnd } from './run-ports.ts';

/** The task came to nothing, and another launch of the claim may do better; its slot is still held. */
export interface ToRelaunch {
  readonly kind: 'to-relaunch';
  readonly failure: StartFailure;
  readonly end: TaskEnd;
}

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
): Promise<RunOutcome | ToRelaunch> {
  const end = await endOf(task, active, ports, life);
  if (end === undefined) return { kind: 'handed-over' };
  const failure = active.cancelAsked.aborted ? undefined : task.relaunchAfter(end);
  if (failure !== undefined) return { kind: 'to-relaunch', failure, end };
  return endFollowed(task, end, slot, ports, life);
}

/** What is left to do when a task has stopped for good. */
export async function endFollowed(
  task: Pick<ClaimedTask, 'run' | 'containerName' | 'cleanUp'>,
  end: TaskEnd,
  slot: Disposable,
  ports: RunPorts,
  life: RunLife,
): Promise<RunOutcome> {
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
