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

/** A task that was found, or one that only an identifier names (`observed` undefined). */
export interface LocatedTask {
  readonly taskArn: string;
  readonly clusterArn: string;
  readonly session: AwsSession;
  readonly observed: EcsTask | undefined;
}

/**
 * What Prefect and ECS together show of a claim's task. "None" and "cannot see it" are kept apart:
 * a run must not be judged by what the worker is not allowed to see (worker.md 9.7.3 to 9.7.5).
 */
export type Located =
  | ({ readonly kind: 'task' } & LocatedTask)
  /**
   * There is no task. `place`: where it would run; undefined: the claim names no place, or is not
   * ours.
   */
  | { readonly kind: 'none'; readonly place: ClaimPlace | undefined }
  /** ECS denies the search. `words`: its message. */
  | { readonly kind: 'denied'; readonly place: ClaimPlace | undefined; readonly words: string }
  /** The task is out of reach of these credentials, so nothing may be concluded about it. */
  | { readonly kind: 'elsewhere'; readonly why: string };

export type FindTaskPorts = Pick<RunPorts, 'aws' | 'taskReader'>;

/**
 * `job`: the run's job as it would be configured today; undefined: it can no longer be configured.
 */
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
  // the claim never reached RunTask
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
 * The task that the run's identifier names, if it belongs to this claim: the identifier may be an
 * older claim's.
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
 * ECS does not know the named task (any more). While the run is PENDING and the claim is ours,
 * repeating its token shows for certain whether there is a task. A run that went on is followed by
 * the task's name, and its task counts as stopped only after 5 minutes of MISSING (worker.md 9.2).
 */
function mayStillCome(
  flowRun: FlowRun,
  history: ClaimHistory,
  arn: TaskArn,
  session: AwsSession,
): Located | undefined {
  // the identifier may name the later claim's task
  if (history.overtakenAt !== undefined) return undefined;
  if (isStillPending(flowRun.stateType, history) && history.record !== undefined) return undefined;
  return {
    kind: 'task',
    taskArn: arn.taskArn,
    clusterArn: arn.clusterArn,
    session,
    observed: undefined,
  };
}

/** Undefined: there is no identifier, or another kind of worker wrote it. */
function taskNamedBy({ infrastructurePid }: Named): TaskArn | undefined {
  return infrastructurePid === undefined ? undefined : taskIn(infrastructurePid);
}

/**
 * Why the run's identifier does not help to stop its task; undefined: there is none, or it names a
 * task.
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
 * A session with the job's credentials, in the task's region. If a run can no longer be configured,
 * the worker's own credentials are used.
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

/** The cluster in which the run's tasks would run if it were configured today. */
export function clusterOf(job: EcsJob | undefined): string {
  const named = job?.taskRunRequest['cluster'];
  return typeof named === 'string' && named !== '' ? named : (job?.cluster ?? 'default');
}
