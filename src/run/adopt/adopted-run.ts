import type { ReportedRun } from '../states/reported-run.ts';
import type { Look } from '../states/look.ts';
import type { ClaimHistory } from '../../core/claim/claims.ts';
import type { HeldLease } from '../shared/leases.ts';
import type { RunPorts } from '../run-context.ts';

/** A claim that is this process's to bring to its end, and what the look showed that made it so. */
export interface AdoptedRun {
  readonly run: ReportedRun;
  readonly look: Look;
  readonly claim: ClaimHistory;
  readonly lease: HeldLease | undefined;
  /** This process made the claim, over late progress. */
  readonly isOwn: boolean;
  /** Of the process that followed it before, by Prefect's clock; undefined: nobody knows. */
  readonly lastHeartbeat: string | undefined;
}

/**
 * By Prefect's clock, which stamped it: of the launch, not of the claim, which may have waited for
 * hours.
 */
export function launchAgeMs(
  { announcedAt }: ClaimHistory,
  { prefect }: Pick<RunPorts, 'prefect'>,
): number {
  return prefect.server.ageMs(announcedAt);
}
