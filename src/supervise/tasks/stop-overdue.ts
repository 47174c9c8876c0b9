import { statementFor } from '../../core/diagnosis/policy.ts';
import { reasonOfStartTimeout } from '../../core/diagnosis/start-timeout.ts';
import type { EcsTask } from '../../core/task/task.ts';
import { exponentialMs } from '../../kernel/backoff.ts';
import { toError } from '../../kernel/errors.ts';
import { asSentence, Outage } from '../../kernel/outage.ts';
import type { LaunchedTask } from '../../run/ports/task-follower.ts';
import { stopTask, untilDeniedStopAgainMs } from '../../run/tasks/stop-task.ts';
import type { Watch } from './watch.ts';
import type { SupervisorPorts } from './task-batch.ts';

const firstWaitMs = 1_000;
const longestWaitMs = 60_000;

/** Problems with stopping one task. Few tasks have any. */
export interface StopTrouble {
  /** Denied attempts. */
  denials: number;
  /** Attempts that failed for another reason. */
  failures: number;
  isDenialTold: boolean;
  isNothingTold: boolean;
  readonly outage: Outage;
}

/** A task that did not start in time. */
export interface OverdueTask {
  readonly task: LaunchedTask;
  readonly watch: Pick<Watch, 'start'>;
  trouble: StopTrouble | undefined;
}

/** Callbacks to the part that follows the task. */
export interface OverdueEars {
  /** The task is not followed any more. */
  isOver(): boolean;
  /** Prefect shows the run as Running. So the task did start, whatever ECS shows. */
  started(): void;
  /** The answer shows that ECS is stopping the task. */
  stopping(task: EcsTask): void;
}

/**
 * Tries once to stop a task that did not start in time, and waits until the next try may be made.
 * Its run is not crashed while the task lives: it could be retried beside the old task (worker.md
 * 9.3, 11.5).
 */
export async function stopOverdue(
  overdue: OverdueTask,
  ears: OverdueEars,
  ports: SupervisorPorts,
  signal: AbortSignal,
): Promise<void> {
  const { task } = overdue;
  try {
    const look = await ports.looks.untilAgreed(task.flowRun.id, signal);
    if (look === undefined || ears.isOver()) return;
    const outcome = await stopTask(
      look,
      {
        cause: 'overdue',
        task: { ...task, attempt: 1 },
        reason: reasonOfStartTimeout(secondsOf(overdue)),
        isOver: () => ears.isOver(),
        onDenied: (error) => tellDenied(overdue, error, ports),
      },
      ports,
      signal,
    );
    switch (outcome.kind) {
      case 'refused':
        return ears.started();
      case 'stopping':
        return ears.stopping(outcome.task);
      case 'denied':
        return await denied(overdue, ports, signal);
      case 'again':
        return await failed(overdue, outcome.error, ports, signal);
      case 'not-found':
        return tellNothingToStop(overdue, outcome.words, ports);
      case 'stale':
        return;
    }
  } catch (error) {
    signal.throwIfAborted();
    await failed(overdue, toError(error), ports, signal);
  }
}

function troubleOf(overdue: OverdueTask, { clock }: SupervisorPorts): StopTrouble {
  const { task } = overdue;
  const words = {
    what: `Stopping ECS task '${task.taskArn}', which did not start in time,`,
    calls: 'tries',
  };
  return (overdue.trouble ??= {
    denials: 0,
    failures: 0,
    isDenialTold: false,
    isNothingTold: false,
    outage: new Outage(words, { clock, log: task.log }),
  });
}

/** Waits minutes before the next attempt. */
async function denied(
  overdue: OverdueTask,
  ports: SupervisorPorts,
  signal: AbortSignal,
): Promise<void> {
  const trouble = troubleOf(overdue, ports);
  trouble.denials += 1;
  await ports.clock.sleep(untilDeniedStopAgainMs(trouble.denials), signal);
}

async function failed(
  overdue: OverdueTask,
  error: Error | undefined,
  ports: SupervisorPorts,
  signal: AbortSignal,
): Promise<void> {
  const trouble = troubleOf(overdue, ports);
  trouble.failures += 1;
  trouble.outage.failed(error ?? new Error('ECS did not confirm that the task is stopping'));
  await ports.clock.sleep(
    exponentialMs(trouble.failures, firstWaitMs, longestWaitMs, ports.random),
    signal,
  );
}

/** The start timeout in seconds. */
function secondsOf({ watch }: OverdueTask): number {
  return watch.start?.deadline.seconds ?? 0;
}

/** Logged once. The sweep finds out whether the task is gone or too young to be visible. */
function tellNothingToStop(overdue: OverdueTask, words: string, ports: SupervisorPorts): void {
  const trouble = troubleOf(overdue, ports);
  if (!trouble.isNothingTold) overdue.task.log.warning(words);
  trouble.isNothingTold = true;
}

/**
 * Logged once for each task. While the permission is missing, later tasks are informed before an
 * attempt is made.
 */
function tellDenied(overdue: OverdueTask, error: Error, ports: SupervisorPorts): void {
  const { task } = overdue;
  const trouble = troubleOf(overdue, ports);
  if (trouble.isDenialTold) return;
  trouble.isDenialTold = true;
  task.log.error(
    `ECS task '${task.taskArn}' did not start within ${secondsOf(overdue)} seconds, and the ` +
      `worker may not stop it: ${asSentence(error.message)} Grant ecs:StopTask to the worker. ` +
      'The worker keeps trying; it does not report the flow run as crashed while its task lives. ' +
      statementFor('ecs:StopTask', error.message),
  );
}
