import type { FlowRun } from '../prefect/flow-run.ts';
import { isCancellationWanted, type LookFacts } from './act-rows.ts';
import { followerLabel } from './claim-record.ts';
import { olderClaims, type ClaimHistory } from './claims.ts';

/**
 * Older claims of a run that were cancelled before the run was retried (worker.md A7).
 * Whoever followed their tasks may have died before it stopped them: without a stop such a task
 * runs beside the new one.
 */
export function cancelledOlderClaims(facts: LookFacts): readonly ClaimHistory[] {
  const older = olderClaims(facts.history, facts.flowRun.labels);
  return older.filter(({ launchId }) => isCancellationWanted(facts, launchId));
}

/** When the claim was last cancelled. Undefined: Prefect returned no time. */
export function cancelledAt({ since }: ClaimHistory): string | undefined {
  return since.findLast(({ type }) => type === 'CANCELLED')?.timestamp;
}

/** Whether a scheduled run may have been claimed before. Only then is its history read. */
export function mayHaveOlderClaim(
  flowRun: Pick<FlowRun, 'infrastructurePid' | 'labels' | 'stateName'>,
): boolean {
  const { infrastructurePid, labels, stateName } = flowRun;
  return (
    infrastructurePid !== undefined || followerLabel in labels || stateName === 'AwaitingRetry'
  );
}
