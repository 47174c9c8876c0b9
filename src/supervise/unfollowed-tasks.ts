import { latestClaim } from '../core/outcome/claims.ts';
import { parseIdentifier } from '../core/outcome/identifier.ts';
import { asksForDeregistration, type TaskTags } from '../core/outcome/related-resources.ts';
import {
  afterProposal,
  concerns,
  stoppedTaskVerdict,
  type StoppedTaskVerdict,
} from '../core/outcome/stopped-task.ts';
import type { TaskEvent } from '../core/outcome/task-event-message.ts';
import type { LaunchMark } from '../core/outcome/launch-mark.ts';
import type { EcsTask } from '../core/outcome/task.ts';
import { endOfMarkedTask } from '../core/outcome/unfollowed-task.ts';
import type { FlowRun } from '../core/prefect/flow-run.ts';
import { deregisterUnlessInactive } from '../run/clean-up.ts';
import { locateOfAdopted } from '../run/container-output.ts';
import { explainEnd, hasRun } from '../run/explain.ts';
import { lastWordsOf, observerLogger, tellLastWords, type LastWords } from '../run/last-words.ts';
import { proposalOf, proposeUntilAnswered } from '../run/proposals.ts';
import type { RunPorts } from '../run/run-ports.ts';
import { isNotOlderThan } from '../run/task-search.ts';
import { parseAwsCredentials } from '../core/job/credentials.ts';
import { parseTaskArn } from '../core/outcome/task-arn.ts';

export type UnfollowedPorts = Pick<
  RunPorts,
  'prefect' | 'aws' | 'clock' | 'random' | 'runStates' | 'definitions' | 'logFor' | 'workerLog' | 'settings'
> & {
  /** Runs that are being cancelled are ended by whoever cancels them. */
  readonly cancels: boolean;
};

/** A task that this process has not in hand: another worker's, or nobody's. */
export interface UnfollowedTask {
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
  { task, flowRunId, mark }: UnfollowedTask,
  ports: UnfollowedPorts,
  signal: AbortSignal,
): Promise<void> {
  const { flowRun } = await ports.runStates.see(flowRunId);
  if (flowRun?.stateType !== 'PENDING') return;
  if (!(await isOfLatestClaim(task, mark, flowRun, ports, signal))) return;
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
  unfollowed: UnfollowedTask,
  ports: UnfollowedPorts,
  signal: AbortSignal,
): Promise<void> {
  const { event, task, mark, flowRunId } = unfollowed;
  const { flowRun } = await ports.runStates.see(flowRunId);
  if (flowRun === undefined) return;
  const { stateType } = flowRun;
  const isCancelledElsewhere = ports.cancels;
  if (!concerns({ stateType, isOfOlderClaim: false, isCancelledElsewhere })) return; // spares the history
  const isOfOlderClaim = !(await isOfLatestClaim(task, mark, flowRun, ports, signal));
  const facts = { stateType, isOfOlderClaim, isCancelledElsewhere };
  if (!concerns(facts)) return;
  if (mark !== undefined) return crashMarked(unfollowed, flowRun, ports, signal);
  await carryOut(stoppedTaskVerdict(event.detail, facts), unfollowed, flowRun, ports, signal);
}

async function crashMarked(
  unfollowed: UnfollowedTask,
  flowRun: FlowRun,
  ports: UnfollowedPorts,
  signal: AbortSignal,
): Promise<void> {
  const { event, task } = unfollowed;
  const end = endOfMarkedTask(task, event.detail);
  if (end.kind === 'left') {
    ports.workerLog.debug(`A stopped task is left to its follower: ${end.why}.`, { taskArn: task.taskArn });
    return;
  }
  const { containerName } = end;
  const ended = {
    end: { kind: 'stopped' as const, task, wasRunning: false },
    taskArn: task.taskArn,
    containerName,
    output: { link: undefined },
  };
  const message = `${end.message} ${explainEnd(ended)}`;
  if ((await proposeCrashed(flowRun, message, ports, signal)) !== 'accepted') return;
  const words = hasRun(ended)
    ? await lastWords(unfollowed, containerName, flowRun, ports, signal)
    : undefined;
  const log = ports.logFor(flowRun, observerLogger);
  log.error(
    explainEnd(
      ended,
      words?.lines.map(({ message: line }) => line),
    ),
  );
  if (words !== undefined) tellLastWords(words, containerName, log);
}

/** Diagnosis, then the proposal, then the container's last lines unless it was refused (ecs-worker.md 10.7, 10.8). */
async function carryOut(
  verdict: StoppedTaskVerdict,
  unfollowed: UnfollowedTask,
  flowRun: FlowRun,
  ports: UnfollowedPorts,
  signal: AbortSignal,
): Promise<void> {
  const { log, crashMessage } = verdict;
  const runLog = ports.logFor(flowRun, observerLogger);
  if (log !== undefined) runLog[log.level](log.line);
  const answer =
    crashMessage === undefined ? undefined : await proposeCrashed(flowRun, crashMessage, ports, signal);
  const wasRefused = answer !== undefined && answer !== 'accepted';
  const container = afterProposal(verdict, wasRefused).forwardLogsOf?.container;
  if (container === undefined) return; // also where no container ever was, which has left no line
  const words = await lastWords(unfollowed, container, flowRun, ports, signal);
  if (words !== undefined) tellLastWords(words, container, runLog);
}

/** Never fails but for the signal: what the container said is worth much, the crash that was told is worth more. */
async function lastWords(
  { task }: UnfollowedTask,
  containerName: string,
  flowRun: FlowRun,
  ports: UnfollowedPorts,
  signal: AbortSignal,
): Promise<LastWords | undefined> {
  const { taskArn } = task;
  const credentials = { ...parseAwsCredentials({}), regionName: parseTaskArn(taskArn)?.region };
  const output = {
    locate: async (locating: AbortSignal) => {
      const session = await ports.aws.sessionFor(credentials, locating);
      return locateOfAdopted(task, { containerName, taskArn, session }, undefined, ports, locating);
    },
    link: undefined,
    isStreamed: false,
    isFromStart: false,
    shown: { text: (text: string) => text },
  };
  return lastWordsOf(output, flowRun.stateType === 'RUNNING', ports, ports.workerLog, signal);
}

async function proposeCrashed(
  flowRun: FlowRun,
  message: string,
  ports: UnfollowedPorts,
  signal: AbortSignal,
): Promise<string> {
  const proposal = proposalOf('CRASHED', { name: 'Crashed', message, transitionId: ports.random.uuid() });
  const answer = await proposeUntilAnswered(flowRun.id, proposal, ports, signal);
  if (answer.kind !== 'accepted')
    ports.workerLog.debug('A crash was not accepted', { flowRunId: flowRun.id, answer: answer.kind });
  return answer.kind;
}

/** A task without our mark speaks for its run while the run's identifier names it, or names nothing (ecs-worker.md 0.4.6). */
async function isOfLatestClaim(
  task: EcsTask,
  mark: LaunchMark | undefined,
  flowRun: FlowRun,
  ports: UnfollowedPorts,
  signal: AbortSignal,
): Promise<boolean> {
  if (mark === undefined && !mayBeNamedBy(flowRun.infrastructurePid, task.taskArn)) return false;
  const latest = latestClaim(await ports.prefect.readStateHistory(flowRun.id, signal));
  if (latest === undefined) return false;
  if (mark === undefined) return isNotOlderThan(task, latest, clockSkewMs);
  return latest.launchId === mark.launchId && latest.attempt <= mark.attempt;
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
  ports: UnfollowedPorts,
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
