import type { ReportedRun } from '../states/reported-run.ts';
import type { Look } from '../states/look.ts';
import type { ClaimHistory } from '../../core/claim/claims.ts';
import type { HeldLease } from '../shared/leases.ts';
import type { RunPorts } from '../run-context.ts';

/** A claim for which this process is now answerable, and the look that showed it. */
export interface AdoptedRun {
  readonly run: ReportedRun;
  readonly look: Look;
  readonly claim: ClaimHistory;
  readonly lease: HeldLease | undefined;
  /** This process made the claim, over late progress. */
  readonly isOwn: boolean;
  /** Last heartbeat of the previous follower, by Prefect's clock; undefined: unknown. */
  readonly lastHeartbeat: string | undefined;
}

/**
 * The age of the launch, not of the claim: a claim may have waited for capacity for hours. By
 * Prefect's clock, which stamped it.
 */
export function launchAgeMs(
  { announcedAt }: ClaimHistory,
  { prefect }: Pick<RunPorts, 'prefect'>,
): number {
  return prefect.server.ageMs(announcedAt);
}
