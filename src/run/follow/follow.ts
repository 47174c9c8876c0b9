import { LinkedFlag } from '../../kernel/abort.ts';
import type { Logger } from '../../kernel/logger.ts';
import { Cancelled } from '../../kernel/task-group.ts';
import type { StartFailure } from '../../core/diagnosis/start-failure.ts';
import { stopCancelledTask, type Cancellation } from './stop-cancelled-task.ts';
import type { ClaimedTask } from '../output/claimed-task.ts';
import { explainEnd, hasRun, type EndedTask } from '../report/explain.ts';
import { readFinalLogLines, observerLogger, showFinalLogLines } from '../output/final-log-lines.ts';
import { streamOutput } from '../output/stream-output.ts';
import { report } from '../report/report.ts';
import type { RunOutcome } from '../ports/run-outcome.ts';
import type { RunPorts, RunContext } from '../run-context.ts';
import type { StartLimits, TaskEnd } from '../ports/task-follower.ts';

type FollowContext = Pick<RunContext, 'active' | 'slot' | 'ports' | 'signals'>;
type StoppedTask = Pick<
  ClaimedTask,
  'run' | 'taskArn' | 'clusterArn' | 'session' | 'containerName' | 'output' | 'cleanUp'
>;

/**
 * The task never started, and another launch of the claim may work. The run still holds its slot.
 */
export interface ToRelaunch {
  readonly kind: 'to-relaunch';
  readonly failure: StartFailure;
  readonly end: TaskEnd;
}

/** Longer than the last reads of a working log take. */
const outputWithinMs = 10_000;

/** What following a task has found besides its end. */
export interface EndedFollowing {
  readonly cancellation: Cancellation | undefined;
  /** Whether all output of the container was streamed. */
  readonly isShown: () => Promise<boolean>;
}

interface Shown {
  readonly shown: boolean;
}

/**
 * Follows a task to its end, stops it when its run is cancelled, and reports. Frees the slot when
 * the task has stopped. Hands over when the drain begins, or when another process follows the run.
 */
export async function followToEnd(
  task: ClaimedTask,
  context: FollowContext,
): Promise<RunOutcome | ToRelaunch> {
  const { ports, signals } = context;
  const streamed = streamOutput(task, ports);
  const onRunning = (): void => {
    task.onRunning();
    streamed.begin();
  };
  const cancellation: Cancellation = { message: undefined };
  const end = await endOf(task, onRunning, cancellation, context);
  const isCancelled = cancellation.message !== undefined;
  const failure = end === undefined || isCancelled ? undefined : task.relaunchAfter(end);
  if (end === undefined || failure !== undefined) streamed.letGo();
  if (end === undefined) return { kind: 'handed-over' };
  if (failure !== undefined) return { kind: 'to-relaunch', failure, end };
  const shown = streamed.finish(signals.stop).catch(() => false);
  if (task.output.isStreamed) {
    context.slot[Symbol.dispose]();
    await orLate(shown, ports.clock);
  }
  const isShown = (): Promise<boolean> => shown;
  const outcome = await endFollowed(task, end, context, { cancellation, isShown });
  await shown;
  return outcome;
}

/**
 * Container output should appear before the lines about its end. But a log that cannot be read must
 * not delay the report.
 */
async function orLate(shown: Promise<unknown>, clock: RunPorts['clock']): Promise<void> {
  const over = new AbortController();
  const late = clock.sleep(outputWithinMs, over.signal).catch(() => undefined);
  await Promise.race([shown, late]);
  over.abort(new Cancelled('no longer waited for'));
  await late;
}

/** Cleans up and reports when a task has stopped and no launch follows. */
export async function endFollowed(
  task: StoppedTask,
  end: TaskEnd,
  { slot, ports, signals }: Pick<RunContext, 'slot' | 'ports' | 'signals'>,
  { cancellation, isShown }: EndedFollowing = {
    cancellation: undefined,
    isShown: () => Promise.resolve(false),
  },
): Promise<RunOutcome> {
  slot[Symbol.dispose]();
  await task.cleanUp(end, signals.stop);
  const tasks = { session: task.session, cluster: task.clusterArn };
  const ended = { ...task, end, tasks, cancelled: cancellation?.message };
  const outcome = await report(task.run, ended, ports, signals);
  const lines = { shown: await isShown() };
  if (outcome.kind === 'crashed')
    await tellWhy({ ...ended, ...lines }, outcome.hadConnected, ports, signals.stop);
  if (outcome.kind === 'finished' && outcome.saidCrashed)
    await tellLastLines({ ...ended, ...lines }, ports, signals.stop);
  return outcome;
}

/**
 * The run's own process reported the crash without a reason. The container's last lines show it.
 */
async function tellLastLines(
  { run, output, containerName, shown }: StoppedTask & Shown,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<void> {
  const log = logOfLines(run, shown, ports);
  if (log === undefined) return;
  const finalLines = await readFinalLogLines(output, true, ports, log, signal);
  if (finalLines?.from.kind === 'readable') showFinalLogLines(finalLines, containerName, log);
}

/**
 * Once Prefect knows of the crash, copies the container's last lines to the run's log, with what
 * they add to the diagnosis.
 */
async function tellWhy(
  ended: StoppedTask & EndedTask & Shown,
  hadConnected: boolean,
  ports: RunPorts,
  signal: AbortSignal,
): Promise<void> {
  const { run, output, containerName } = ended;
  const log = ports.logFor(run.flowRun, observerLogger);
  const finalLines = hasRun(ended)
    ? await readFinalLogLines(output, hadConnected, ports, log, signal)
    : undefined;
  run.log.error(
    explainEnd(
      ended,
      finalLines?.lines.map(({ message }) => message),
    ),
  );
  const linesLog = logOfLines(run, ended.shown, ports);
  if (finalLines !== undefined && linesLog !== undefined)
    showFinalLogLines(finalLines, containerName, linesLog);
}

/**
 * Avoids duplicates: streamed lines are already on the console and, if a setting asks for it, in
 * the run's log in Prefect.
 */
function logOfLines(
  { flowRun }: StoppedTask['run'],
  isShown: boolean,
  ports: RunPorts,
): Logger | undefined {
  if (isShown && ports.settings().streamOutputToRunLogs) return undefined;
  return ports.logFor(flowRun, observerLogger, isShown ? 'prefect' : 'everywhere');
}

function limitsOf(
  { judgedFromMs = -Infinity }: ClaimedTask,
  timeoutSeconds: number,
  { settings }: FollowContext['ports'],
): StartLimits {
  return { timeoutSeconds, capacitySeconds: settings().capacityTimeoutSeconds, judgedFromMs };
}

/** Undefined: this process no longer follows the task. */
async function endOf(
  task: ClaimedTask,
  onRunning: () => void,
  cancellation: Cancellation,
  { active, ports, signals }: FollowContext,
): Promise<TaskEnd | undefined> {
  const watching = new LinkedFlag(signals.drain, active.letGo); // not `using`: see launchClaim
  const { run } = task;
  const cancelling = stopCancelledTask(task, { active, ports }, cancellation, watching);
  try {
    return await ports.follower.follow(
      {
        onRunning,
        launchId: run.launchId,
        flowRun: run.flowRun,
        taskArn: task.taskArn,
        clusterArn: task.clusterArn,
        session: task.session,
        launchedAtMs: task.launchedAtMs,
        isRunning: task.isRunning ?? false,
        startLimits:
          task.startTimeoutSeconds === undefined
            ? undefined
            : limitsOf(task, task.startTimeoutSeconds, ports),
        pollIntervalSeconds: task.pollIntervalSeconds,
        log: run.log,
        proposals: run.proposals,
        workerName: task.workerName,
      },
      watching,
    );
  } catch (error) {
    if (!watching.aborted) throw error;
    return undefined;
  } finally {
    watching.abort(new Cancelled('the task is no longer followed'));
    watching[Symbol.dispose]();
    await cancelling;
  }
}
