import type { EcsFailure } from '../task/task.ts';
import { AwsCallError, classifyAwsError } from './aws-error.ts';
import { reasonWithDetail, TaskNotPlacedError } from './launch-error.ts';

/**
 * Reasons in `failures` that pass when a task ends, an instance arrives or AWS adds capacity. A
 * launch with one of them waits instead of crashing its run (aws-ecs.md B.3.2).
 */
const heals =
  /^RESOURCE:|^AGENT$|capacity is unavailable|no capacity|reached the limit on the number of|configuration is above your limit/i;

/**
 * Reasons that say the same of every instance there will be: a constraint of the definition or of
 * the network.
 */
const neverHeals = /^(ATTRIBUTE|LOCATION)$/;

/** ECS stumbled: that may last minutes. */
const stumbled = /^Internal error\b/i;

/**
 * What `failures` of RunTask mean for another call. ECS gives one for each instance: one that may
 * get room is enough.
 */
export type Placement =
  /** There is no room now. */
  | 'capacity'
  /** ECS failed within. */
  | 'transient'
  /** Every instance that there is lacks what the task must have. */
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

/** What ECS had no room in, in its own words; undefined: the refusal is no matter of capacity. */
export function missingCapacity(error: Error): string | undefined {
  if (error instanceof TaskNotPlacedError) {
    if (placementOf(error.failures) !== 'capacity') return undefined;
    const missing = error.failures.filter(({ reason }) => heals.test(reason ?? ''));
    return [...new Set(missing.map(reasonWithDetail))].join(', ');
  }
  if (error instanceof AwsCallError && classifyAwsError(error) === 'capacity') return error.message;
  return undefined;
}
