import { parseStartedBy, startedByFor } from '../../core/claim/launch-mark.ts';
import type { EcsTask } from '../../core/task/task.ts';
import { AwsCallError, classifyAwsError } from '../../core/diagnosis/aws-error.ts';
import type { ClaimHistory } from '../../core/claim/claims.ts';
import type { AwsSession } from '../ports/aws.ts';

/** What a search for a claim's task came to. */
export type Search =
  | { readonly kind: 'found'; readonly task: EcsTask }
  /** Everything that could be asked was: there is no such task within the hour that ECS remembers. */
  | { readonly kind: 'none' }
  /** It is not known: a call that the search needs is denied. */
  | { readonly kind: 'denied' };

export interface SearchedClaim {
  readonly flowRunId: string;
  readonly history: ClaimHistory;
  readonly cluster: string;
  /** A run that is past PENDING has had a task that ran: its end is told, whichever launch it was of. */
  readonly isPending: boolean;
  /** Family of the run's definition as it would be today. */
  readonly family: string | undefined;
}

type SearchSession = Pick<AwsSession, 'listTasks' | 'describeTasks'>;

/** DescribeTasks takes at most this many (aws-ecs.md B.4). */
const tasksPerCall = 100;

/** A task may be created this much before the claim by the clocks of two machines. */
const clockSkewMs = 60_000;

/**
 * Looks for the task of a claim without identifier (ecs-worker.md 9.7.4). First by `startedBy`, which finds running tasks
 * only; then among all tasks of the family, running and stopped, which finds what a Python worker launched, too. Of a
 * claim's tasks the one of the newest launch speaks.
 */
export async function searchEcs(
  session: SearchSession,
  claim: SearchedClaim,
  signal: AbortSignal,
): Promise<Search> {
  try {
    const marked = await runningByMark(session, claim, signal);
    if (marked !== undefined) return { kind: 'found', task: marked };
    const all = await tasksOfFamily(session, claim, signal);
    const task = newest(all.filter((candidate) => speaksFor(candidate, claim)));
    return task === undefined ? { kind: 'none' } : { kind: 'found', task };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof AwsCallError && error.name === 'ClusterNotFoundException') return { kind: 'none' };
    if (error instanceof AwsCallError && classifyAwsError(error) === 'hopeless') return { kind: 'denied' };
    throw error;
  }
}

async function runningByMark(
  session: SearchSession,
  { flowRunId, history, cluster }: SearchedClaim,
  signal: AbortSignal,
): Promise<EcsTask | undefined> {
  for (let attempt = history.attempt; attempt >= 1; attempt -= 1) {
    const startedBy = startedByFor({ flowRunId, launchId: history.launchId, attempt });
    const arns = await session.listTasks({ cluster, startedBy }, signal);
    if (arns.length > 0) return newest(await described(session, cluster, arns, signal));
  }
  return undefined;
}

async function tasksOfFamily(
  session: SearchSession,
  { cluster, family }: SearchedClaim,
  signal: AbortSignal,
): Promise<readonly EcsTask[]> {
  const narrowed = family === undefined ? {} : { family };
  const arns = new Set<string>();
  for (const desiredStatus of ['RUNNING', 'STOPPED'] as const) {
    for (const arn of await session.listTasks({ cluster, desiredStatus, ...narrowed }, signal)) arns.add(arn);
  }
  return described(session, cluster, [...arns], signal);
}

async function described(
  session: SearchSession,
  cluster: string,
  arns: readonly string[],
  signal: AbortSignal,
): Promise<readonly EcsTask[]> {
  const tasks: EcsTask[] = [];
  for (let at = 0; at < arns.length; at += tasksPerCall) {
    tasks.push(...(await session.describeTasks(cluster, arns.slice(at, at + tasksPerCall), signal)).tasks);
  }
  return tasks;
}

/**
 * Whether a task speaks for this claim: by its mark, or, without one of ours, by the run that it names and its age. A launch
 * that came to nothing says nothing any more once the next one was announced (ecs-worker.md 8.3).
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
  return named === flowRunId && isNotOlderThan(task, history);
}

/** A task that names no run at all, as an identifier that Python stored may: its age is all there is. */
export function isNotOlderThan(
  task: EcsTask,
  { claim }: Pick<ClaimHistory, 'claim'>,
  skewMs = clockSkewMs,
): boolean {
  const claimedAt = claim.timestamp === undefined ? undefined : new Date(claim.timestamp).getTime();
  if (claimedAt === undefined || task.createdAt === undefined) return true;
  return task.createdAt.getTime() >= claimedAt - skewMs;
}

function newest(tasks: readonly EcsTask[]): EcsTask | undefined {
  const attemptOf = (task: EcsTask): number => parseStartedBy(task.startedBy)?.attempt ?? 1;
  const createdAt = (task: EcsTask): number => task.createdAt?.getTime() ?? 0;
  return [...tasks].sort(
    (one, other) => attemptOf(other) - attemptOf(one) || createdAt(other) - createdAt(one),
  )[0];
}
