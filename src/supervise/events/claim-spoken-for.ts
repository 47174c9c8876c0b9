import type { ClaimHistory } from '../../core/claim/claims.ts';
import type { LaunchMark } from '../../core/claim/launch-mark.ts';
import { parseIdentifier } from '../../core/task/identifier.ts';
import type { EcsTask } from '../../core/task/task.ts';
import { isOfTimeOf } from '../../run/adopt/search-ecs.ts';
import type { Look } from '../../run/states/look.ts';

/**
 * Clocks of AWS and of Prefect agree better than this; a retry that is crashed by its predecessor's
 * end is worse than a miss.
 */
const clockSkewMs = 5_000;

/**
 * The run's latest claim, if the task may speak for it (worker.md 0.4.6). A task without our
 * mark may while the run's identifier names it, or names nothing.
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
    return false; // of another kind of worker
  }
}
