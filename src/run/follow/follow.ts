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
 * The task came to nothing, and another launch of the claim may do better; its slot is still held.
 */
export interface ToRelaunch {
  readonly kind: 'to-relaunch';
  readonly failure: StartFailure;
  readonly end: TaskEnd;
}

/** Longer than the last reads of a log that works. */
const outputWithinMs = 10_000;

/** How following came to its end. */
export interface EndedFollowing {
  readonly cancellation: Cancellation | undefined;
  /** Whether all that the container said was streamed. */
  readonly isShown: () => Promise<boolean>;
}

interface Shown {
  readonly shown: boolean;
}

/**
 * Follows a task to its end, stops it when its run is cancelled, and reports. The slot comes free
 * when the task has stopped. Hands over when the drain begins, or when another process turns out to
 * follow the run.
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
 * What a container said comes before what is said of its end; a log that cannot be read holds up no
 * report.
 */
async function orLate(shown: Promise<unknown>, clock: RunPorts['clock']): Promise<void> {
  const over = new AbortController();
  const late = clock.sleep(outputWithinMs, over.signal).catch(() => undefined);
  await Promise.race([shown, late]);
  over.abort(new Cancelled('no longer waited for'));
  await late;
}

/** What is left to do when a task has stopped for good. */
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

/** Of a run that its own process reported as crashed: why is told by what the container said. */
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
 * To the run's log, once Prefect knows that it crashed: the container's last lines, and what they
 * make of its end.
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
 * Nowhere twice: what was streamed stands on the console, and where a setting says so in Prefect's
 * log of the run.
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

/** Undefined: nobody here follows the task any more. */
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
