import { translateLaunchError, waitedInVainError } from '../../core/diagnosis/launch-error.ts';
import { startFailureOf, type StartFailure } from '../../core/diagnosis/start-failure.ts';
import { RuntimeError } from '../../kernel/errors.ts';
import { NoCapacityError } from './launch.ts';
import type { ReportedRun } from '../states/reported-run.ts';
import type { RunSettings } from '../ports/run-settings.ts';
import type { TaskEnd } from '../ports/task-follower.ts';

/** Relaunches after starts that AWS failed. Three failures in a row are no coincidence. */
const relaunchesAtMost = 2;

/** Why a claim is relaunched after its task ended like this; undefined: report the end instead. */
export function relaunchAfter(
  end: TaskEnd,
  containerName: string,
  relaunches: number,
  settings: Pick<RunSettings, 'capacityTimeoutSeconds' | 'relaunchFailedStarts'>,
): StartFailure | undefined {
  if (end.kind !== 'stopped') return undefined;
  const failure = startFailureOf(end.task, containerName, end.wasRunning);
  if (failure?.kind === 'capacity')
    return settings.capacityTimeoutSeconds > 0 ? failure : undefined;
  return settings.relaunchFailedStarts && relaunches < relaunchesAtMost ? failure : undefined;
}

/**
 * A failed start, named by ECS's `stopCode`: the state message shows that name, as the Python
 * worker's does (worker.md 9.3).
 */
export function startErrorOf(end: TaskEnd): Error {
  const task = end.kind === 'stopped' ? end.task : undefined;
  const error = new Error(task?.stoppedReason ?? 'unknown reason');
  error.name = task?.stopCode ?? 'RuntimeError';
  return error;
}

/** The error to report for a launch that is not repeated. */
export function refusalOf(error: Error): Error {
  return error instanceof NoCapacityError
    ? translateLaunchError(error.refusal, error.context)
    : error;
}

/** The error of a run that waited for capacity until its deadline. */
export function waitedInVain(
  error: Error,
  waited: { readonly reason: string; readonly seconds: number },
): Error {
  if (error instanceof NoCapacityError)
    return waitedInVainError(error.refusal, waited, error.context);
  return waitedInVainError(new RuntimeError(error.message, { cause: error }), waited, {
    request: {},
    configureCloudwatchLogs: false,
    executionRoleArn: undefined,
  });
}

/** Logs to the run what it waits for. */
export function tellOfWait(
  { log, attempt }: ReportedRun,
  { kind, reason, words }: StartFailure,
  leftMs: number,
): void {
  if (kind === 'transient') {
    log.warning(`The ECS task never started: ${reason}. Launch ${attempt} follows.`);
    return;
  }
  const left = Math.max(0, Math.round(leftMs / 1000));
  log.warning(
    `${words ?? roomless(reason)} Launch ${attempt} follows when capacity frees up; ` +
      `the flow run waits at most ${left} more seconds.`,
  );
}

/** What a run waits for, if ECS gave only a reason. */
export function roomless(reason: string): string {
  return `ECS had no capacity for the task (${reason}).`;
}
