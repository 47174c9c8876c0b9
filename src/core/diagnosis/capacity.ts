import { AwsCallError, classifyAwsError } from './aws-error.ts';
import { TaskNotPlacedError } from './launch-error.ts';

/** Reasons of `failures` that another task's end, an instance or AWS's own growth heals (aws-ecs.md B.3). */
const heals = /^RESOURCE:|^AGENT$|capacity is unavailable|no capacity|reached the limit on the number of/i;

/** Reasons that say the same of every instance there will be: a constraint of the definition or of the network. */
const neverHeals = /^(ATTRIBUTE|LOCATION)$/;

/**
 * What ECS had no room in, in its own words; undefined: the refusal is no matter of capacity. ECS gives one failure for
 * each instance that it considered: one that may get room is enough.
 */
export function missingCapacity(error: Error): string | undefined {
  if (error instanceof TaskNotPlacedError) {
    const reasons = error.failures.map(({ reason }) => reason ?? '').filter((reason) => heals.test(reason));
    return reasons.length === 0 ? undefined : [...new Set(reasons)].join(', ');
  }
  if (error instanceof AwsCallError && classifyAwsError(error) === 'capacity') return error.message;
  return undefined;
}

/** Whether no repetition will place the task: every instance that there is lacks what the task must have. */
export function isUnplaceable(error: TaskNotPlacedError): boolean {
  return error.failures.length > 0 && error.failures.every(({ reason }) => neverHeals.test(reason ?? ''));
}
