import { standsAfterLaunch } from '../../core/claim/act-rows.ts';
import { visibleAfterMs } from '../../core/task/task-visibility.ts';
import { exponentialMs } from '../../kernel/backoff.ts';
import { toError } from '../../kernel/errors.ts';
import type { RunOutcome } from '../ports/run-outcome.ts';
import type { AwsSession } from '../ports/aws.ts';
import type { Launched } from '../ports/task-follower.ts';
import type { RunPorts } from '../run-context.ts';
import type { ReportedRun } from '../states/reported-run.ts';
import { stopTask, tellDeniedOnce, untilDeniedStopAgainMs } from '../tasks/stop-task.ts';

/**
 * Whether a launch just made still stands, by a fresh look. While this process was paused, another
 * claim or a later launch may have been made, or the run may have ended (worker.md 0.4.7).
 */
export async function stands(
  run: ReportedRun,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const look = await ports.looks.untilAgreed(run.flowRun.id, signal);
      return look !== undefined && standsAfterLaunch(look, run);
    } catch (error) {
      signal.throwIfAborted();
      run.log.debug('Could not check whether the launch still stands; retrying', {
        error: toError(error).message,
      });
      await ports.clock.sleep(exponentialMs(attempt, 1_000, 60_000, ports.random), signal);
    }
  }
}

/**
 * Stops the task of a launch that does not stand, until ECS confirms the stop or the launch turns
 * out to stand. Left alive, the task runs user code a second time (worker.md A9).
 */
export async function stopOvertaken(
  run: ReportedRun,
  session: AwsSession,
  launched: Launched,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<RunOutcome> {
  const { log, launchId, attempt } = run;
  log.warning(
    `Another launch has replaced this one, or the run has ended meanwhile. ` +
      `Stopping ECS task '${launched.taskArn}' of this launch.`,
  );
  const reason =
    'Stopped by Prefect worker: another launch has replaced this one, or the flow run has ended.';
  const task = { ...launched, launchId, attempt, session };
  const begunMs = ports.clock.monotonicMs();
  let denials = 0;
  const tellDenied = tellDeniedOnce(task.taskArn, 'the overtaken launch', log);
  for (let tried = 1; ; tried += 1) {
    try {
      const look = await ports.looks.untilAgreed(run.flowRun.id, signal);
      if (look === undefined) return { kind: 'handed-over' };
      const outcome = await stopTask(
        look,
        { cause: 'launch-void', task, reason, onDenied: tellDenied },
        ports,
        signal,
      );
      if (outcome.kind === 'stopping' || outcome.kind === 'refused') return { kind: 'handed-over' };
      if (outcome.kind === 'not-found' && ports.clock.monotonicMs() - begunMs >= visibleAfterMs) {
        log.warning(outcome.words);
        return { kind: 'handed-over' };
      }
      if (outcome.kind === 'denied') {
        denials += 1;
        await ports.clock.sleep(untilDeniedStopAgainMs(denials), signal);
        continue;
      }
    } catch (error) {
      signal.throwIfAborted();
      log.debug('Could not stop the task of an overtaken launch; retrying', {
        error: toError(error).message,
      });
    }
    await ports.clock.sleep(exponentialMs(tried, 1_000, 60_000, ports.random), signal);
  }
}
