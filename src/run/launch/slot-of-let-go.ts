import { visibleAfterMs } from '../../core/task/task-visibility.ts';
import type { Clock } from '../../kernel/clock.ts';
import { toError } from '../../kernel/errors.ts';
import type { Launched } from '../ports/task-follower.ts';
import type { RunPorts } from '../run-context.ts';
import type { ReportedRun } from '../states/reported-run.ts';
import { livingTask, type LaunchPlace } from './relaunch-clearance.ts';
import type { TaskLauncher } from './task-launcher.ts';

const lookEveryMs = 60_000;

export interface LetGoLaunch {
  readonly run: ReportedRun;
  readonly place: LaunchPlace;
  /** Undefined: RunTask was called, and its outcome is unknown. */
  readonly task: Launched | undefined;
  readonly launching: Pick<TaskLauncher, 'sinceLastCallMs'>;
}

/**
 * Waits until no task lives that this process started for a run which it no longer holds: another
 * process adopted it, or the outcome of RunTask is unknown. Until then the run counts against the
 * limit. Otherwise, after a wrong verdict of death, this worker would start a task beyond it
 * (worker.md 9.7.8).
 */
export async function untilLetGoStopped(
  launch: LetGoLaunch,
  ports: Pick<RunPorts, 'taskReader'> & { readonly clock: Clock },
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      if (!(await mayLive(launch, ports, signal))) return;
    } catch (error) {
      signal.throwIfAborted();
      launch.run.log.debug('Could not look at the task of a released run; retrying', {
        error: toError(error).message,
      });
    }
    await ports.clock.sleep(lookEveryMs, signal);
  }
}

async function mayLive(
  { run, place, task, launching }: LetGoLaunch,
  { taskReader }: Pick<RunPorts, 'taskReader'>,
  signal: AbortSignal,
): Promise<boolean> {
  const isYoung = launching.sinceLastCallMs < visibleAfterMs;
  if (task === undefined) return (await livingTask(run, place, 1, signal)) !== undefined || isYoung;
  const seen = await taskReader.read(place.session, task.clusterArn, task.taskArn);
  return seen === undefined ? isYoung : seen.lastStatus !== 'STOPPED';
}
