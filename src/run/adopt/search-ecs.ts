import { parseStartedBy, startedByFor } from '../../core/claim/launch-mark.ts';
import type { EcsTask } from '../../core/task/task.ts';
import { AwsCallError, classifyAwsError } from '../../core/diagnosis/aws-error.ts';
import type { ClaimHistory } from '../../core/claim/claims.ts';
import type { AwsSession } from '../ports/aws.ts';
import type { TaskReader } from '../shared/task-reader.ts';

/** The result of a search for a claim's task. */
export type Search =
  | { readonly kind: 'found'; readonly task: EcsTask }
  /** Every search succeeded, and there was no such task within the hour that ECS remembers. */
  | { readonly kind: 'none' }
  /** Unknown: a call that the search needs is denied. */
  | { readonly kind: 'denied'; readonly words: string };

export interface SearchedClaim {
  readonly flowRunId: string;
  readonly history: ClaimHistory;
  readonly cluster: string;
  /**
   * If the run is past PENDING, a task of it has run. Then that task's end is reported, whichever
   * launch it belongs to.
   */
  readonly isPending: boolean;
  /** The family of the run's definition if it were configured today. */
  readonly family: string | undefined;
}

type SearchSession = Pick<AwsSession, 'key' | 'listTasks' | 'describeTasks'>;

/** By the clocks of two machines, a task may seem created this much before its claim. */
const clockSkewMs = 60_000;
/**
 * After a long wait, only the newest launches are searched for by mark, to bound the calls; the
 * family's list shows the others.
 */
const marksAskedFor = 3;

/**
 * Searches for the task of a claim without identifier (worker.md 9.7.4): first by `startedBy`,
 * which finds only running tasks, then among all running and stopped tasks of the family, which
 * also finds those of Python workers. If several tasks belong to the claim, that of the newest
 * launch counts.
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
 * Whether a task belongs to this claim: by our mark, else by the run that it names and its age. A
 * stopped task of an earlier launch no longer counts once the next launch was announced: its end
 * would be taken for that of the new one (worker.md 8.3).
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
 * Judges by age a task that names no run, such as one from an identifier that a Python worker
 * stored. It belongs to a claim that was overtaken only if it is certainly older than the later
 * claim, and if it cannot be a task of ours. Ours has our mark or its template's own `startedBy`,
 * and Python's has none: two clocks alone must not decide that the task of a retry is stopped.
 */
export function isOfTimeOf(
  task: EcsTask,
  { claim, overtakenAt }: Pick<ClaimHistory, 'claim' | 'overtakenAt'>,
  skewMs = clockSkewMs,
): boolean {
  const createdAtMs = task.createdAt?.getTime();
  if (overtakenAt !== undefined) {
    const isOlder = (createdAtMs ?? Infinity) < Date.parse(overtakenAt) - skewMs;
    if (!isOlder || task.startedBy !== undefined) return false;
  }
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
