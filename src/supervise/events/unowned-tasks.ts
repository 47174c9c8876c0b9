import type { ClaimHistory } from '../../core/claim/claims.ts';
import { parseIdentifier } from '../../core/task/identifier.ts';
import { asksForDeregistration, type TaskTags } from '../../core/events/related-resources.ts';
import {
  afterProposal,
  concerns,
  stoppedTaskVerdict,
  type StoppedTaskVerdict,
} from '../../core/events/stopped-task.ts';
import type { TaskEvent } from '../../core/events/task-event-message.ts';
import type { LaunchMark } from '../../core/claim/launch-mark.ts';
import type { EcsTask } from '../../core/task/task.ts';
import { endOfMarkedTask } from '../../core/events/unowned-task.ts';
import { deregisterUnlessInactive } from '../../run/tasks/deregister.ts';
import { explainEnd, hasRun } from '../../run/report/explain.ts';
import { readFinalLogLines, observerLogger, showFinalLogLines } from '../../run/output/final-log-lines.ts';
import { proposalOf } from '../../core/prefect/proposal.ts';
import type { RunPorts } from '../../run/run-context.ts';
import { outputOfUnowned } from './unowned-output.ts';
import { isNotOlderThan } from '../../run/adopt/search-ecs.ts';
import { parseAwsCredentials } from '../../core/job/credentials.ts';
import { parseTaskArn } from '../../core/task/task-arn.ts';
import { awaitsOwnRetry, isPausedInProcess, type Actor } from '../../core/claim/act-rows.ts';
import { meaningOfEnd } from '../../core/claim/meaning-of-end.ts';
import { RuntimeError } from '../../kernel/errors.ts';
import type { Look } from '../../run/states/look.ts';
import { atOnce } from '../../run/states/act.ts';
import { scheduleAgain } from '../../run/states/schedule-again.ts';
import { runsAgain, cancelledWithItsTask } from '../../run/report/tell-end.ts';
import { proposeCancelled } from '../../run/states/cancelled.ts';
import { proposeCrashed } from '../../run/states/crashed.ts';

export type UnownedPorts = Pick<
  RunPorts,
  | 'prefect'
  | 'aws'
  | 'settings'
  | 'clock'
  | 'random'
  | 'flowRuns'
  | 'looks'
  | 'lateChecks'
  | 'worker'
  | 'definitions'
  | 'logFor'
  | 'workerLog'
> & {
  /** Runs that are being cancelled are ended by whoever cancels them. */
  readonly cancels: boolean;
};

/** A task that this process has not in hand: another worker's, or nobody's. */
export interface UnownedTask {
  readonly event: TaskEvent;
  readonly task: EcsTask;
  readonly flowRunId: string;
  /** Undefined: not launched by a worker of ours. */
  readonly mark: LaunchMark | undefined;
}

/** Clocks of AWS and of Prefect agree better than this; a retry that is crashed by its predecessor's end is worse than a miss. */
const clockSkewMs = 5_000;

/** Clocks of two servers agree better than this, once each is read by its own `Date`. */
const toleranceMs = 60_000;

/** Tells the run that its task waits for a machine (ecs-worker.md 10.6); what comes of it does not matter. */
export async function tellWaiting(
  { event, task, flowRunId, mark }: UnownedTask,
  ports: UnownedPorts,
  signal: AbortSignal,
): Promise<void> {
  const look = await ports.looks.untilAgreed(flowRunId, signal);
  if (look === undefined || look.present.type !== 'PENDING') return;
  const claim = claimSpokenFor(task, mark, look);
  if (claim === undefined || claim.since.some(({ type }) => type !== 'PENDING')) return;
  const occurredMs = event.occurred === undefined ? Infinity : Date.parse(event.occurred);
  if (Date.parse(look.present.timestamp ?? '') > occurredMs + toleranceMs) return; // it has moved on since
  const proposal = proposalOf('PENDING', {
    name: 'InfrastructurePending',
    message: `ECS task is ${task.lastStatus.toLowerCase()}.`,
    transitionId: ports.random.uuid(),
  });
  const answer = await ports.prefect.proposeState(flowRunId, proposal, signal, { retry: false });
  ports.workerLog.debug('Told that a task waits', { flowRunId, answer: answer.kind });
}

/** Crashes the run of a task that died, if it may speak for it (ecs-worker.md 10.7). Rejects when that is not known. */
export async function crashIfDead(
  unowned: UnownedTask,
  ports: UnownedPorts,
  signal: AbortSignal,
): Promise<void> {
  const { event, task, mark, flowRunId } = unowned;
  const { flowRun } = await ports.flowRuns.read(flowRunId);
  const isCancelledElsewhere = ports.cancels;
  const mayConcern = { stateType: flowRun?.stateType, isOfOlderClaim: false, isCancelledElsewhere };
  if (flowRun === undefined || !concerns({ ...mayConcern, waitsInProcess: true })) return; // spares the history
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
  const actor = { launchId: claim.launchId, processId: undefined };
  const meaning = meaningOfEnd(look, actor, claim.attempt);
  const observed: ObservedEnd = { ...unowned, look, actor };
  switch (meaning.kind) {
    case 'crashed':
    case 'paused':
      return mark === undefined
        ? carryOut(stoppedTaskVerdict(event.detail, facts), observed, ports, signal)
        : crashMarked(observed, ports, signal);
    case 'cancelled':
    case 'to-run-again':
      return tellOther(meaning.kind, observed, ports, signal);
    case 'undecided':
      throw new RuntimeError('it is not known yet which claim of the flow run counts');
    case 'hidden': // whoever is answerable for the claim writes it back
    case 'nothing':
  }
}

/** The end of a task, over a look that lets it be told. */
interface ObservedEnd extends UnownedTask {
  readonly look: Look;
  readonly actor: Actor;
}

async function tellOther(
  meaning: 'cancelled' | 'to-run-again',
  { look, actor }: ObservedEnd,
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

async function crashMarked(observed: ObservedEnd, ports: UnownedPorts, signal: AbortSignal): Promise<void> {
  const { event, task, look } = observed;
  const { flowRun } = look;
  const end = endOfMarkedTask(task, event.detail);
  if (end.kind === 'left') {
    ports.workerLog.debug(`A stopped task is left to its follower: ${end.why}.`, { taskArn: task.taskArn });
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
  const finalLines = hasRun(ended)
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
    verdict.crashMessage !== undefined && !(await crash(observed, verdict.crashMessage, ports, signal));
  const { forwardLogsOf } = afterProposal(verdict, wasRefused);
  if (forwardLogsOf === undefined) return;
  const output = outputOfUnowned(task, forwardLogsOf.container, ports);
  const finalLines = await readFinalLogLines(output, false, ports, log, signal);
  if (finalLines?.from.kind === 'readable')
    showFinalLogLines(finalLines, forwardLogsOf.container ?? 'prefect', log);
}

/** Says whether Prefect took it. Rejects when that is not known, or the look has grown too old: the message comes back. */
async function crash(
  { look, actor }: ObservedEnd,
  message: string,
  ports: UnownedPorts,
  signal: AbortSignal,
): Promise<boolean> {
  const log = ports.logFor(look.flowRun, observerLogger);
  const transitionId = ports.random.uuid();
  const answer = await proposeCrashed(
    look,
    { actor, message, transitionId, line: atOnce, log },
    ports,
    signal,
  );
  if (answer.kind === 'stale') throw new RuntimeError('the flow run has to be looked at again');
  if (answer.kind === 'refused')
    ports.workerLog.debug('A crash was not accepted', { flowRunId: look.flowRun.id, why: answer.why });
  return answer.kind === 'done';
}

/**
 * The run's latest claim, if the task may speak for it (ecs-worker.md 0.4.6). A task without our mark may while the
 * run's identifier names it, or names nothing.
 */
function claimSpokenFor(
  task: EcsTask,
  mark: LaunchMark | undefined,
  { flowRun, claim }: Look,
): ClaimHistory | undefined {
  if (claim === undefined) return undefined;
  if (mark !== undefined)
    return claim.launchId === mark.launchId && claim.attempt <= mark.attempt ? claim : undefined;
  const mayBe =
    mayBeNamedBy(flowRun.infrastructurePid, task.taskArn) && isNotOlderThan(task, claim, clockSkewMs);
  return mayBe ? claim : undefined;
}

function mayBeNamedBy(infrastructurePid: string | undefined, taskArn: string): boolean {
  if (infrastructurePid === undefined) return true;
  try {
    return parseIdentifier(infrastructurePid).taskArn === taskArn;
  } catch {
    return false; // of another kind of worker
  }
}

/** Deregisters the definition of a stopped task that asked for it (ecs-worker.md 10.9). */
export async function deregisterIfAsked(
  task: EcsTask,
  tags: TaskTags | undefined,
  ports: UnownedPorts,
  signal: AbortSignal,
): Promise<void> {
  if (tags === undefined || !asksForDeregistration(tags)) return;
  const { taskDefinitionArn } = task;
  const region = parseTaskArn(task.taskArn)?.region;
  if (taskDefinitionArn === undefined) return ports.workerLog.debug('A stopped task names no definition');
  if (!ports.definitions.hold(taskDefinitionArn).release(true)) return; // a run that we follow uses it
  const credentials = { ...parseAwsCredentials({}), regionName: region };
  const session = await ports.aws.sessionFor(credentials, signal);
  await deregisterUnlessInactive(taskDefinitionArn, session, signal);
  ports.workerLog.info(`Task definition ${taskDefinitionArn} successfully deregistered`);
}
