import { latestClaim, meaningOfEnd, type ClaimHistory } from '../../core/claim/claims.ts';
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
import type { FlowRun } from '../../core/prefect/flow-run.ts';
import { deregisterUnlessInactive } from '../../run/tasks/deregister.ts';
import { explainEnd, hasRun } from '../../run/report/explain.ts';
import { readFinalLogLines, observerLogger, showFinalLogLines } from '../../run/output/final-log-lines.ts';
import { proposalOf, proposeUntilAnswered } from '../../run/states/proposals.ts';
import { endProposal } from '../../run/report/report.ts';
import type { RunPorts } from '../../run/run-context.ts';
import { outputOfUnowned } from './unowned-output.ts';
import { isNotOlderThan } from '../../run/adopt/search-ecs.ts';
import { parseAwsCredentials } from '../../core/job/credentials.ts';
import { parseTaskArn } from '../../core/task/task-arn.ts';

export type UnownedPorts = Pick<
  RunPorts,
  'prefect' | 'aws' | 'settings' | 'clock' | 'random' | 'flowRuns' | 'definitions' | 'logFor' | 'workerLog'
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

/** Tells the run that its task waits for a machine (ecs-worker.md 10.6); what comes of it does not matter. */
export async function tellWaiting(
  { task, flowRunId, mark }: UnownedTask,
  ports: UnownedPorts,
  signal: AbortSignal,
): Promise<void> {
  const { flowRun } = await ports.flowRuns.read(flowRunId);
  if (flowRun?.stateType !== 'PENDING') return;
  if ((await claimSpokenFor(task, mark, flowRun, ports, signal)) === undefined) return;
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
  if (flowRun === undefined) return;
  const { stateType } = flowRun;
  const isCancelledElsewhere = ports.cancels;
  if (!concerns({ stateType, isOfOlderClaim: false, isCancelledElsewhere })) return; // spares the history
  const claim = await claimSpokenFor(task, mark, flowRun, ports, signal);
  const facts = { stateType, isOfOlderClaim: claim === undefined, isCancelledElsewhere };
  if (!concerns(facts)) return;
  const meaning = claim === undefined ? 'crashed' : meaningOfEnd(claim);
  if (meaning !== 'crashed') {
    const proposal = endProposal(meaning, '', ports.random.uuid());
    await proposeUntilAnswered(flowRunId, proposal, ports, signal);
    return;
  }
  if (mark !== undefined) return crashMarked(unowned, flowRun, ports, signal);
  await carryOut(stoppedTaskVerdict(event.detail, facts), task, flowRun, ports, signal);
}

async function crashMarked(
  { event, task }: UnownedTask,
  flowRun: FlowRun,
  ports: UnownedPorts,
  signal: AbortSignal,
): Promise<void> {
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
  if ((await proposeCrashed(flowRun, message, ports, signal)) !== 'accepted') return;
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
  task: EcsTask,
  flowRun: FlowRun,
  ports: UnownedPorts,
  signal: AbortSignal,
): Promise<void> {
  const log = ports.logFor(flowRun, observerLogger);
  if (verdict.log !== undefined) log[verdict.log.level](verdict.log.line);
  const wasRefused =
    verdict.crashMessage !== undefined &&
    (await proposeCrashed(flowRun, verdict.crashMessage, ports, signal)) !== 'accepted';
  const { forwardLogsOf } = afterProposal(verdict, wasRefused);
  if (forwardLogsOf === undefined) return;
  const output = outputOfUnowned(task, forwardLogsOf.container, ports);
  const finalLines = await readFinalLogLines(output, false, ports, log, signal);
  if (finalLines?.from.kind === 'readable')
    showFinalLogLines(finalLines, forwardLogsOf.container ?? 'prefect', log);
}

async function proposeCrashed(
  flowRun: FlowRun,
  message: string,
  ports: UnownedPorts,
  signal: AbortSignal,
): Promise<string> {
  const proposal = proposalOf('CRASHED', { name: 'Crashed', message, transitionId: ports.random.uuid() });
  const answer = await proposeUntilAnswered(flowRun.id, proposal, ports, signal);
  if (answer.kind !== 'accepted')
    ports.workerLog.debug('A crash was not accepted', { flowRunId: flowRun.id, answer: answer.kind });
  return answer.kind;
}

/**
 * The run's latest claim, if the task may speak for it (ecs-worker.md 0.4.6). A task without our mark may while the
 * run's identifier names it, or names nothing.
 */
async function claimSpokenFor(
  task: EcsTask,
  mark: LaunchMark | undefined,
  flowRun: FlowRun,
  ports: UnownedPorts,
  signal: AbortSignal,
): Promise<ClaimHistory | undefined> {
  if (mark === undefined && !mayBeNamedBy(flowRun.infrastructurePid, task.taskArn)) return undefined;
  const latest = latestClaim(await ports.prefect.readStateHistory(flowRun.id, signal), flowRun.labels);
  if (latest === undefined) return undefined;
  const maySpeak =
    mark === undefined
      ? isNotOlderThan(task, latest, clockSkewMs)
      : latest.launchId === mark.launchId && latest.attempt <= mark.attempt;
  return maySpeak ? latest : undefined;
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
