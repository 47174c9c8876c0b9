import { parseStartedBy, startedByFor } from '../../core/claim/launch-mark.ts';
import type { EcsTask } from '../../core/task/task.ts';
import { AwsCallError, classifyAwsError } from '../../core/diagnosis/aws-error.ts';
import type { ClaimHistory } from '../../core/claim/claims.ts';
import type { AwsSession } from '../ports/aws.ts';
import type { TaskReader } from '../shared/task-reader.ts';

/** What a search for a claim's task came to. */
export type Search =
  | { readonly kind: 'found'; readonly task: EcsTask }
  /**
   * Everything that could be asked was: there is no such task within the hour that ECS remembers.
   */
  | { readonly kind: 'none' }
  /** It is not known: a call that the search needs is denied. */
  | { readonly kind: 'denied'; readonly words: string };

export interface SearchedClaim {
  readonly flowRunId: string;
  readonly history: ClaimHistory;
  readonly cluster: string;
  /**
   * A run that is past PENDING has had a task that ran: its end is told, whichever launch it was
   * of.
   */
  readonly isPending: boolean;
  /** Family of the run's definition as it would be today. */
  readonly family: string | undefined;
}

type SearchSession = Pick<AwsSession, 'key' | 'listTasks' | 'describeTasks'>;

/** A task may be created this much before the claim by the clocks of two machines. */
const clockSkewMs = 60_000;
/**
 * Of a long wait the newest launches alone are asked for by their marks; the family's list shows
 * the others.
 */
const marksAskedFor = 3;

/**
 * Searches the task of a claim without identifier (worker.md 9.7.4). First by `startedBy`, which
 * finds running tasks only. Then among all tasks of the family, running and stopped, which also
 * finds tasks of Python workers and tasks that have already ended. Of several tasks of one claim
 * the one of the newest launch counts.
 */
export async function searchEcs(
  session: SearchSession,
  claim: SearchedClaim,
  taskReader: TaskReader,
  signal: AbortSignal,
): Promise<Search> {
  try {
    const marked = await runningByMark(session, claim, taskReader, signal);
    if (marked !== undefined) return { kind: 'found', task: marked };
    const all = await taskReader.ofFamily(session, claim.cluster, claim.family);
    const task = newest(all.filter((candidate) => speaksFor(candidate, claim)));
    return task === undefined ? { kind: 'none' } : { kind: 'found', task };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof AwsCallError && error.name === 'ClusterNotFoundException')
      return { kind: 'none' };
    if (error instanceof AwsCallError && classifyAwsError(error) === 'hopeless')
      return { kind: 'denied', words: error.message };
    throw error;
  }
}

async function runningByMark(
  session: SearchSession,
  { flowRunId, history, cluster }: SearchedClaim,
  taskReader: TaskReader,
  signal: AbortSignal,
): Promise<EcsTask | undefined> {
  const { launchId } = history;
  for (let asked = 0; asked < marksAskedFor && asked < history.attempt; asked += 1) {
    const startedBy = startedByFor({ flowRunId, launchId, attempt: history.attempt - asked });
    const arns = await session.listTasks({ cluster, startedBy }, signal);
    const tasks = await Promise.all(arns.map((arn) => taskReader.read(session, cluster, arn)));
    const task = newest(tasks.filter((one) => one !== undefined));
    if (task !== undefined) return task;
  }
  return undefined;
}

/**
 * Whether a task speaks for this claim: by its mark, or, without one of ours, by the run that it
 * names and its age. A launch that came to nothing says nothing any more once the next one was
 * announced (worker.md 8.3).
 */
export function speaksFor(
  task: EcsTask,
  { flowRunId, history, isPending }: Pick<SearchedClaim, 'flowRunId' | 'history' | 'isPending'>,
): boolean {
  const mark = parseStartedBy(task.startedBy);
  if (mark !== undefined) {
    const isPast = isPending && mark.attempt < history.attempt && task.lastStatus === 'STOPPED';
    return mark.launchId === history.launchId && !isPast;
  }
  const named = task.tags['prefect.io/flow-run-id'] ?? task.flowRunIdInOverrides;
  return named === flowRunId && isOfTimeOf(task, history);
}

/**
 * A task that names no run at all, as an identifier that Python stored may: its age is all there
 * is. It is of a claim that another one overtook only if it is surely older than that one: else the
 * task of a retry would be stopped for it.
 */
export function isOfTimeOf(
  task: EcsTask,
  { claim, overtakenAt }: Pick<ClaimHistory, 'claim' | 'overtakenAt'>,
  skewMs = clockSkewMs,
): boolean {
  const createdAtMs = task.createdAt?.getTime();
  if (overtakenAt !== undefined && !((createdAtMs ?? Infinity) < Date.parse(overtakenAt) - skewMs))
    return false;
  if (claim.timestamp === undefined || createdAtMs === undefined) return true;
  return createdAtMs >= Date.parse(claim.timestamp) - skewMs;
}

function newest(tasks: readonly EcsTask[]): EcsTask | undefined {
  const attemptOf = (task: EcsTask): number => parseStartedBy(task.startedBy)?.attempt ?? 1;
  const createdAt = (task: EcsTask): number => task.createdAt?.getTime() ?? 0;
  return [...tasks].sort(
    (one, other) => attemptOf(other) - attemptOf(one) || createdAt(other) - createdAt(one),
  )[0];
}
