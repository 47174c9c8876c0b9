import { AwsCallError, classifyAwsError } from '../../core/diagnosis/aws-error.ts';
import { missingCapacity, placementOf } from '../../core/diagnosis/capacity.ts';
import { denialOf, isAwsIll } from '../../core/diagnosis/denial.ts';
import { taskNotPlacedError } from '../../core/diagnosis/launch-error.ts';
import { clusterArnOf } from '../../core/task/task-arn.ts';
import type { EcsTask } from '../../core/task/task.ts';
import { exponentialMs } from '../../kernel/backoff.ts';
import { toError } from '../../kernel/errors.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { Random } from '../../kernel/random.ts';
import type { AwsSession } from '../ports/aws.ts';
import type { RunSettings } from '../ports/run-settings.ts';
import type { Launched } from '../ports/task-follower.ts';

/** How often and at what intervals a refusal that may heal is retried (worker.md 5.2). */
export type CreateTaskRunSettings = Pick<
  RunSettings,
  | 'createTaskRunAttempts'
  | 'createTaskRunMinDelaySeconds'
  | 'createTaskRunMinDelayJitterSeconds'
  | 'createTaskRunMaxDelayJitterSeconds'
>;

/** The outcome of one RunTask call. */
export type Outcome =
  | { readonly kind: 'started'; readonly task: Launched }
  /** ECS refused and started nothing. A `hopeless` refusal would only repeat. */
  | { readonly kind: 'hopeless' | 'refused' | 'throttled' | 'inactive'; readonly error: Error }
  /** A refusal that usually heals within this time: IAM learns of a role, ECS recovers. */
  | { readonly kind: 'healing'; readonly error: Error; readonly withinMs: number }
  /** A right or credentials are missing: every launch that asks for the same is refused. */
  | { readonly kind: 'denied'; readonly error: Error }
  /** The answer holds neither a task nor a failure. */
  | { readonly kind: 'empty'; readonly error: Error }
  | { readonly kind: 'no-capacity'; readonly error: Error; readonly reason: string }
  /** No readable answer: the task may exist. */
  | { readonly kind: 'unknown'; readonly error: Error };

export type Failed = Exclude<Outcome, { readonly kind: 'started' }>;

/** An empty answer is retried, since a task may exist. After this many it counts as a refusal. */
const emptyAnswersAtMost = 3;

/**
 * IAM is eventually consistent: a new role is known everywhere after about a minute. Until then,
 * ECS refuses a launch that will work later (aws-ecs.md B.3.3).
 */
const rolesKnownWithinMs = 60_000;
/** An "Internal error." of ECS can last for minutes (aws-ecs.md B.3.2). */
const recoversWithinMs = 5 * 60_000;

export async function attemptOnce(
  session: Pick<AwsSession, 'runTask'>,
  request: JsonObject,
  signal: AbortSignal,
): Promise<Outcome> {
  try {
    const answer = await session.runTask(request, signal);
    const task = answer.tasks[0];
    if (task !== undefined) return { kind: 'started', task: started(task) };
    const error = taskNotPlacedError(answer.failures);
    if (answer.failures.length === 0) return { kind: 'empty', error };
    switch (placementOf(answer.failures)) {
      case 'hopeless':
        return { kind: 'hopeless', error };
      case 'transient':
        return { kind: 'healing', error, withinMs: recoversWithinMs };
      case 'capacity':
      case 'unknown':
        return refused(error);
    }
  } catch (error) {
    signal.throwIfAborted();
    return outcomeOf(toError(error));
  }
}

function refused(error: Error): Outcome {
  const reason = missingCapacity(error);
  return reason === undefined ? { kind: 'refused', error } : { kind: 'no-capacity', error, reason };
}

function outcomeOf(error: Error): Outcome {
  if (denialOf(error) !== undefined) return { kind: 'denied', error };
  if (!(error instanceof AwsCallError)) return { kind: 'hopeless', error };
  // The source of the credentials was ill: RunTask itself was never sent.
  if (error.operation === 'AssumeRole' && isAwsIll(error)) return { kind: 'throttled', error };
  switch (classifyAwsError(error)) {
    case 'conflict': {
      const taskArn = error.resourceIds[0];
      if (taskArn === undefined) return { kind: 'unknown', error };
      return { kind: 'started', task: { taskArn, clusterArn: clusterArnOf(taskArn) } };
    }
    case 'throttled':
    case 'no-connection':
      return { kind: 'throttled', error };
    case 'transient':
      return { kind: 'unknown', error };
    case 'inactive-definition':
      return { kind: 'inactive', error };
    case 'capacity':
      return refused(error);
    case 'retryable-client':
      return { kind: 'healing', error, withinMs: rolesKnownWithinMs };
    case 'hopeless':
      return { kind: 'hopeless', error };
  }
}

/** The attempts so far. */
export interface Attempts {
  readonly made: number;
  /** Attempts that ECS answered with a refusal. */
  readonly refusals: number;
  readonly sinceMs: number;
}

/**
 * Undefined: no further attempt. Refusals are counted (worker.md 8.2); lost answers are bounded
 * only by time.
 */
export function nextWaitMs(
  outcome: Exclude<Failed, { kind: 'denied' }>,
  { made, refusals, sinceMs }: Attempts,
  settings: CreateTaskRunSettings,
  random: Random,
): number | undefined {
  const isLastRefusal = refusals >= settings.createTaskRunAttempts;
  switch (outcome.kind) {
    case 'hopeless':
    case 'inactive':
      return undefined;
    case 'empty':
      return refusals >= emptyAnswersAtMost ? undefined : exponentialMs(made, 500, 30_000, random);
    case 'no-capacity':
    case 'refused':
      return isLastRefusal ? undefined : delayMs(settings, random);
    case 'healing': {
      const waitMs = Math.max(
        delayMs(settings, random),
        exponentialMs(refusals, 1_000, 20_000, random),
      );
      return isLastRefusal && sinceMs >= outcome.withinMs ? undefined : waitMs;
    }
    case 'throttled':
    case 'unknown':
      return exponentialMs(made, 500, 30_000, random);
  }
}

function delayMs(settings: CreateTaskRunSettings, random: Random): number {
  const { createTaskRunMinDelayJitterSeconds: least, createTaskRunMaxDelayJitterSeconds: most } =
    settings;
  const jitter = least + random.next() * Math.max(0, most - least);
  return (settings.createTaskRunMinDelaySeconds + jitter) * 1000;
}

function started(task: EcsTask): Launched {
  return { taskArn: task.taskArn, clusterArn: task.clusterArn ?? clusterArnOf(task.taskArn) };
}
