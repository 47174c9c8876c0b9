import { parseAwsCredentials } from '../../core/job/credentials.ts';
import type { EcsJob } from '../../core/job/ecs-job.ts';
import { AwsCallError } from '../../core/diagnosis/aws-error.ts';
import type { ClaimPlace } from '../../core/claim/claim-record.ts';
import { isStillPending, type ClaimHistory } from '../../core/claim/claims.ts';
import { namesNoTask, parseIdentifier } from '../../core/task/identifier.ts';
import { parseStartedBy } from '../../core/claim/launch-mark.ts';
import { parseTaskArn, type TaskArn } from '../../core/task/task-arn.ts';
import type { EcsTask } from '../../core/task/task.ts';
import { familyOf } from '../../core/plan/launch-plan.ts';
import type { FlowRun } from '../../core/prefect/flow-run.ts';
import { toError } from '../../kernel/errors.ts';
import type { AwsSession } from '../ports/aws.ts';
import type { RunPorts } from '../run-context.ts';
import { isOfTimeOf, searchEcs, speaksFor } from './search-ecs.ts';

/** A task that was found, or is named by an identifier and was not seen now. */
export interface LocatedTask {
  readonly taskArn: string;
  readonly clusterArn: string;
  readonly session: AwsSession;
  readonly observed: EcsTask | undefined;
}

/**
 * What became of a claim, by all that Prefect and ECS show. "None" and "cannot see it" are kept
 * apart: a run is never judged by what may not be seen (worker.md 9.7.3 to 9.7.5).
 */
export type Located =
  | ({ readonly kind: 'task' } & LocatedTask)
  /**
   * There is no task. `place`: where one was to run; undefined: the claim names no place, or is not
   * ours.
   */
  | { readonly kind: 'none'; readonly place: ClaimPlace | undefined }
  /** ECS does not let us look; `words`: its own. */
  | { readonly kind: 'denied'; readonly place: ClaimPlace | undefined; readonly words: string }
  /** The task is where these credentials do not reach: never judge it. */
  | { readonly kind: 'elsewhere'; readonly why: string };

export type FindTaskPorts = Pick<RunPorts, 'aws' | 'taskReader'>;

/** `job`: the run's job as it would be configured today; undefined when it cannot be any more. */
export async function findTask(
  flowRun: FlowRun,
  history: ClaimHistory,
  job: EcsJob | undefined,
  ports: FindTaskPorts,
  signal: AbortSignal,
): Promise<Located> {
  const named = await namedTask(flowRun, history, job, ports, signal);
  if (named !== undefined) return named;
  const place = history.record?.place;
  // it never came to a launch
  if (history.record !== undefined && place === undefined) return { kind: 'none', place };
  const session = await sessionIn(place?.region, job, ports, signal);
  if (place !== undefined) {
    const why = await whyOutOfReach(session, place, signal);
    if (why !== undefined) return { kind: 'elsewhere', why };
  }
  const cluster = place?.cluster ?? clusterOf(job);
  const family = job === undefined ? undefined : familyOf(job);
  const isPending = isStillPending(flowRun.stateType, history);
  const claim = { flowRunId: flowRun.id, history, cluster, isPending, family };
  const found = await searchEcs(session, claim, ports.taskReader, signal);
  if (found.kind !== 'found') return { ...found, place };
  return located(found.task, session);
}

/**
 * The task that the run's identifier names, if it speaks for this claim; the identifier may be of
 * an older one.
 */
async function namedTask(
  flowRun: FlowRun,
  history: ClaimHistory,
  job: EcsJob | undefined,
  ports: FindTaskPorts,
  signal: AbortSignal,
): Promise<Located | undefined> {
  const arn = taskNamedBy(flowRun);
  if (arn === undefined) return undefined;
  const session = await sessionIn(arn.region, job, ports, signal);
  const why = await whyOutOfReach(session, arn, signal);
  if (why !== undefined) return { kind: 'elsewhere', why };
  try {
    const task = await ports.taskReader.read(session, arn.clusterArn, arn.taskArn);
    if (task === undefined) return mayStillCome(flowRun, history, arn, session);
    const isPending = isStillPending(flowRun.stateType, history);
    const isMarked = parseStartedBy(task.startedBy) !== undefined;
    const isOurs = isMarked
      ? speaksFor(task, { flowRunId: flowRun.id, history, isPending })
      : isOfTimeOf(task, history);
    return isOurs ? located(task, session) : undefined;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof AwsCallError && error.name === 'ClusterNotFoundException')
      return undefined;
    if (error instanceof AwsCallError && error.name === 'AccessDeniedException')
      return { kind: 'elsewhere', why: toError(error).message };
    throw error;
  }
}

/**
 * ECS does not know the named task, or no longer. While the run is PENDING and the claim is ours,
 * repeating its token shows for certain whether there is a task. A run that went on is followed by
 * the task's name, and counts as stopped only after 5 minutes of MISSING (worker.md 9.2).
 */
function mayStillCome(
  flowRun: FlowRun,
  history: ClaimHistory,
  arn: TaskArn,
  session: AwsSession,
): Located | undefined {
  if (history.overtakenAt !== undefined) return undefined; // it may name the later claim's
  if (isStillPending(flowRun.stateType, history) && history.record !== undefined) return undefined;
  return {
    kind: 'task',
    taskArn: arn.taskArn,
    clusterArn: arn.clusterArn,
    session,
    observed: undefined,
  };
}

/** Undefined: it has none, or one of another kind of worker. */
function taskNamedBy({ infrastructurePid }: Named): TaskArn | undefined {
  return infrastructurePid === undefined ? undefined : taskIn(infrastructurePid);
}

/**
 * Why a run's identifier helps nobody who wants to stop its task; undefined: it has none, or names
 * one.
 */
export function whyNoTaskIsNamed({ infrastructurePid }: Named): string | undefined {
  if (infrastructurePid === undefined || taskIn(infrastructurePid) !== undefined) return undefined;
  return `${namesNoTask(infrastructurePid)} Searching for the task by its tags and startedBy.`;
}

type Named = Pick<FlowRun, 'infrastructurePid'>;

function taskIn(identifier: string): TaskArn | undefined {
  try {
    return parseTaskArn(parseIdentifier(identifier).taskArn);
  } catch {
    return undefined;
  }
}

function located(task: EcsTask, session: AwsSession): Located {
  const clusterArn = task.clusterArn ?? parseTaskArn(task.taskArn)?.clusterArn ?? '';
  return { kind: 'task', taskArn: task.taskArn, clusterArn, session, observed: task };
}

/**
 * The job's credentials in the region of the task; a run that can no longer be configured is looked
 * for as ourselves.
 */
export function sessionIn(
  region: string | undefined,
  job: EcsJob | undefined,
  ports: Pick<FindTaskPorts, 'aws'>,
  signal: AbortSignal,
): Promise<AwsSession> {
  const credentials = job?.awsCredentials ?? parseAwsCredentials({});
  return ports.aws.sessionFor(
    region === undefined ? credentials : { ...credentials, regionName: region },
    signal,
  );
}

export async function whyOutOfReach(
  session: AwsSession,
  { account }: { readonly account: string },
  signal: AbortSignal,
): Promise<string | undefined> {
  const own = await session.account(signal);
  if (own === undefined || own === account || !/^\d{12}$/.test(account)) return undefined;
  return `it belongs to AWS account ${account}, but the worker's credentials are for account ${own}`;
}

/** Where the run's tasks would be as it is configured today. */
export function clusterOf(job: EcsJob | undefined): string {
  const named = job?.taskRunRequest['cluster'];
  return typeof named === 'string' && named !== '' ? named : (job?.cluster ?? 'default');
}
