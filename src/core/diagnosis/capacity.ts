import type { EcsFailure } from '../task/task.ts';
import { AwsCallError, classifyAwsError } from './aws-error.ts';
import { reasonWithDetail, TaskNotPlacedError } from './launch-error.ts';

/**
 * Reasons in `failures` that pass when a task ends, an instance arrives or AWS adds capacity. A
 * launch with one of them waits instead of crashing its run (aws-ecs.md B.3.2).
 */
const heals =
  /^RESOURCE:|^AGENT$|capacity is unavailable|no capacity|reached the limit on the number of|configuration is above your limit/i;

/** Reasons that no new instance changes: a constraint of the definition or of the network. */
const neverHeals = /^(ATTRIBUTE|LOCATION)$/;

/** An internal error of ECS, which may last minutes. */
const stumbled = /^Internal error\b/i;

/**
 * What RunTask's `failures` mean for the next call. ECS returns one failure per instance, so one
 * instance that may get room is enough to wait.
 */
export type Placement =
  /** No room at the moment. */
  | 'capacity'
  /** An internal error of ECS. */
  | 'transient'
  /** No instance meets the task's constraints. */
  | 'hopeless'
  | 'unknown';

export function placementOf(failures: readonly EcsFailure[]): Placement {
  const reasons = failures.map(({ reason }) => reason ?? '');
  if (reasons.some((reason) => heals.test(reason))) return 'capacity';
  if (reasons.some((reason) => stumbled.test(reason))) return 'transient';
  return reasons.length > 0 && reasons.every((reason) => neverHeals.test(reason))
    ? 'hopeless'
    : 'unknown';
}

/** Which resource ECS lacked, in its own words. Undefined if capacity is not the problem. */
export function missingCapacity(error: Error): string | undefined {
  if (error instanceof TaskNotPlacedError) {
    if (placementOf(error.failures) !== 'capacity') return undefined;
    const missing = error.failures.filter(({ reason }) => heals.test(reason ?? ''));
    return [...new Set(missing.map(reasonWithDetail))].join(', ');
  }
  if (error instanceof AwsCallError && classifyAwsError(error) === 'capacity') return error.message;
  return undefined;
}
