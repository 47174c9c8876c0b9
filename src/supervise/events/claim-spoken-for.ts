import type { ClaimHistory } from '../../core/claim/claims.ts';
import type { LaunchMark } from '../../core/claim/launch-mark.ts';
import { parseIdentifier } from '../../core/task/identifier.ts';
import type { EcsTask } from '../../core/task/task.ts';
import { isOfTimeOf } from '../../run/adopt/search-ecs.ts';
import type { Look } from '../../run/states/look.ts';

/**
 * The clocks of AWS and Prefect differ by less than this. The margin errs towards silence: an old
 * task's end that crashes the retry is worse than a missed crash.
 */
const clockSkewMs = 5_000;

/**
 * Returns the run's latest claim if the task belongs to it, else undefined. Without this check, an
 * old task's late exit crashes the retry (worker.md 0.4.6). A task without our mark counts while
 * the run's infrastructure identifier names that task or is empty.
 */
export function claimSpokenFor(
  task: EcsTask,
  mark: LaunchMark | undefined,
  { flowRun, claim }: Look,
): ClaimHistory | undefined {
  if (claim === undefined) return undefined;
  if (mark !== undefined)
    return claim.launchId === mark.launchId && claim.attempt <= mark.attempt ? claim : undefined;
  const { infrastructurePid } = flowRun;
  const mayBe =
    (infrastructurePid === undefined || isNamedBy(infrastructurePid, task.taskArn)) &&
    isOfTimeOf(task, claim, clockSkewMs);
  return mayBe ? claim : undefined;
}

export function isNamedBy(infrastructurePid: string | undefined, taskArn: string): boolean {
  if (infrastructurePid === undefined) return false;
  try {
    return parseIdentifier(infrastructurePid).taskArn === taskArn;
  } catch {
    return false; // launched by another kind of worker
  }
}
