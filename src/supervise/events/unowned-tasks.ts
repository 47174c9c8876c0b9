import {
  afterProposal,
  concerns,
  stoppedTaskVerdict,
  type StoppedTaskVerdict,
} from '../../core/events/stopped-task.ts';
import { crashMessageForExitCode } from '../../core/diagnosis/exit-code.ts';
import { containerNameIn, endOfMarkedTask } from '../../core/events/unowned-task.ts';
import { explainEnd, hasRun } from '../../run/report/explain.ts';
import {
  readFinalLogLines,
  observerLogger,
  showFinalLogLines,
} from '../../run/output/final-log-lines.ts';
import { configuredJob } from '../../run/adopt/configured-job.ts';
import { Concealment } from '../../run/shared/concealment.ts';
import type { Conceal } from '../../run/ports/conceal.ts';
import type { FlowRun } from '../../core/prefect/flow-run.ts';
import { claimSpokenFor, isNamedBy } from './claim-spoken-for.ts';
import {
  crash,
  type ObservedEnd,
  type StoppedUnowned,
  type UnownedPorts,
} from './unowned-crash.ts';
import { outputOfUnowned } from './unowned-output.ts';
import { awaitsOwnRetry, isPausedInProcess } from '../../core/claim/act-rows.ts';
import { meaningOfEnd } from '../../core/claim/meaning-of-end.ts';
import { RuntimeError } from '../../kernel/errors.ts';
import { atOnce } from '../../run/states/act.ts';
import { scheduleAgain } from '../../run/states/schedule-again.ts';
import { runsAgain, cancelledWithItsTask } from '../../run/report/tell-end.ts';
import { proposeCancelled } from '../../run/states/cancelled.ts';

/**
 * Crashes the run of a task that died, unless the run has a later claim: an old task's late end
 * would crash the retry (worker.md 10.7). Rejects when that is not known, so that the message stays
 * in the queue.
 */
export async function crashIfDead(
  unowned: StoppedUnowned,
  ports: UnownedPorts,
  signal: AbortSignal,
): Promise<void> {
  const { detail, task, mark, flowRunId, isGone } = unowned;
  const isCancelledElsewhere = ports.cancels;
  if (!(await mayMatter(flowRunId, ports))) return; // avoids reading the history
  const look = await ports.looks.untilAgreed(flowRunId, signal);
  if (look === undefined) return;
  const claim = claimSpokenFor(task, mark, look);
  const facts = {
    stateType: look.present.type,
    isOfOlderClaim: claim === undefined,
    isCancelledElsewhere,
    waitsInProcess: awaitsOwnRetry(look) || isPausedInProcess(look),
  };
  if (claim === undefined || !concerns(facts)) return;
  // ECS cannot confirm the owner any more, and an event can be forged. So Prefect must name this
  // task.
  if (isGone && !isNamedBy(look.flowRun.infrastructurePid, task.taskArn)) return;
  const actor = { launchId: claim.launchId, processId: undefined };
  const meaning = meaningOfEnd(look, actor, claim.attempt);
  switch (meaning.kind) {
    case 'crashed':
    case 'paused': {
      using concealment = new Concealment(ports.active.secrets);
      const mayForward = await knowsSecrets(look.flowRun, concealment.conceal, ports, signal);
      const observed: ObservedEnd = { ...unowned, look, actor, mayForward };
      if (isGone) return await crashForgotten(observed, ports, signal);
      return mark === undefined
        ? await carryOut(stoppedTaskVerdict(detail, facts), observed, ports, signal)
        : await crashMarked(observed, ports, signal);
    }
    case 'cancelled':
    case 'to-run-again':
      return tellOther(meaning.kind, { look, actor }, ports, signal);
    case 'undecided':
      throw new RuntimeError("the flow run's latest claim is not known yet");
    case 'hidden': // the worker that is answerable for the claim restores the hidden state
    case 'nothing':
  }
}

/**
 * Checks whether the end of a task can still change the run. A finished run is recognised here
 * without any AWS call.
 */
export async function mayMatter(
  flowRunId: string,
  { flowRuns, cancels }: Pick<UnownedPorts, 'flowRuns' | 'cancels'>,
): Promise<boolean> {
  const { flowRun } = await flowRuns.read(flowRunId);
  if (flowRun === undefined) return false;
  const { stateType } = flowRun;
  return concerns({
    stateType,
    isOfOlderClaim: false,
    isCancelledElsewhere: cancels,
    waitsInProcess: true,
  });
}

/**
 * The output of a dead task may repeat secrets of its job. They are read before any output is
 * forwarded.
 */
async function knowsSecrets(
  flowRun: FlowRun,
  conceal: Conceal,
  ports: UnownedPorts,
  signal: AbortSignal,
): Promise<boolean> {
  const { workPoolName } = flowRun;
  const own = ports.workPool();
  const pool =
    workPoolName === undefined || workPoolName === own.name
      ? own
      : await ports.prefect.readWorkPool(workPoolName, signal);
  if (pool === undefined) return false;
  const { job } = await configuredJob(
    { flowRun, conceal },
    { ...ports, workPool: () => pool },
    signal,
  );
  return job !== undefined;
}

async function tellOther(
  meaning: 'cancelled' | 'to-run-again',
  { look, actor }: Pick<ObservedEnd, 'look' | 'actor'>,
  ports: UnownedPorts,
  signal: AbortSignal,
): Promise<void> {
  const act = { actor, line: atOnce, log: ports.logFor(look.flowRun, observerLogger) };
  const transitionId = ports.random.uuid();
  if (meaning === 'to-run-again') {
    await scheduleAgain(look, { ...act, message: runsAgain }, ports, signal);
    return;
  }
  const cancellation = {
    ...act,
    noTaskLives: 'stopped',
    message: cancelledWithItsTask,
    transitionId,
  } as const;
  await proposeCancelled(look, cancellation, ports, signal);
}

/**
 * ECS no longer has the exit code. The message is built from the event, and no output is copied on
 * the word of an event.
 */
async function crashForgotten(
  observed: ObservedEnd,
  ports: UnownedPorts,
  signal: AbortSignal,
): Promise<void> {
  const { detail, task, look } = observed;
  const story = explainEnd({
    end: { kind: 'vanished', lastSeen: task },
    taskArn: task.taskArn,
    containerName: containerNameIn(detail),
    output: { link: undefined },
  });
  const message = `${crashMessageForExitCode(-1)} ${story}`;
  if (!(await crash(observed, message, ports, signal))) return;
  const { flowRun } = look;
  ports
    .logFor(flowRun, observerLogger)
    .info(`Reported flow run '${flowRun.id}' as crashed: ${message}`);
}

async function crashMarked(
  observed: ObservedEnd,
  ports: UnownedPorts,
  signal: AbortSignal,
): Promise<void> {
  const { detail, task, look } = observed;
  const { flowRun } = look;
  const end = endOfMarkedTask(task, detail);
  if (end.kind === 'left') {
    ports.workerLog.debug(`A stopped task is left to its own worker: ${end.why}.`, {
      taskArn: task.taskArn,
    });
    return;
  }
  const { containerName } = end;
  const ended = {
    end: { kind: 'stopped', task, wasRunning: false } as const,
    taskArn: task.taskArn,
    containerName,
    output: { link: undefined },
  };
  const message = `${end.message} ${explainEnd(ended)}`;
  if (!(await crash(observed, message, ports, signal))) return;
  const log = ports.logFor(flowRun, observerLogger);
  log.info(`Reported flow run '${flowRun.id}' as crashed: ${message}`);
  const finalLines =
    observed.mayForward && hasRun(ended)
      ? await readFinalLogLines(
          outputOfUnowned(task, containerName, ports),
          flowRun.stateType === 'RUNNING',
          ports,
          log,
          signal,
        )
      : undefined;
  log.error(
    explainEnd(
      ended,
      finalLines?.lines.map((line) => line.message),
    ),
  );
  if (finalLines !== undefined) showFinalLogLines(finalLines, containerName, log);
}

async function carryOut(
  verdict: StoppedTaskVerdict,
  observed: ObservedEnd,
  ports: UnownedPorts,
  signal: AbortSignal,
): Promise<void> {
  const { task, look } = observed;
  const log = ports.logFor(look.flowRun, observerLogger);
  if (verdict.log !== undefined) log[verdict.log.level](verdict.log.line);
  const wasRefused =
    verdict.crashMessage !== undefined &&
    !(await crash(observed, verdict.crashMessage, ports, signal));
  const { forwardLogsOf } = afterProposal(verdict, wasRefused);
  if (forwardLogsOf === undefined || !observed.mayForward) return;
  const output = outputOfUnowned(task, forwardLogsOf.container, ports);
  const finalLines = await readFinalLogLines(output, false, ports, log, signal);
  if (finalLines?.from.kind === 'readable')
    showFinalLogLines(finalLines, forwardLogsOf.container ?? 'prefect', log);
}
