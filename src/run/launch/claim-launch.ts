import type { ReportedRun } from '../states/reported-run.ts';
import type { PreparedRun } from '../prepare/prepared-run.ts';
import type { CapacityTicket } from '../shared/capacity-ticket.ts';
import type { HeldLease } from '../shared/leases.ts';
import type { StartFailure } from '../../core/diagnosis/start-failure.ts';

/** A claim to launch: made by this process, or adopted. */
export interface ClaimLaunch {
  /** Its `attempt` is the number of the first launch made here. */
  readonly run: ReportedRun;
  readonly prepared: PreparedRun;
  readonly first: FirstLaunch;
  readonly capacityTicket: CapacityTicket;
  /** The cluster that the claim names, if it would be launched in another one today. */
  readonly cluster: string | undefined;
  readonly lease: HeldLease | undefined;
  /** Set for an adopted claim; undefined: this process made it. */
  readonly adopted: AdoptedClaim | undefined;
  /** Progress sent in parallel with RunTask. Must have ended before any other state is sent. */
  readonly progressUpdates: Promise<void>;
}

export interface AdoptedClaim {
  /** When it began to wait for another launch. */
  readonly waitingSinceMs: number;
  /** When its newest launch was announced, by Prefect's clock. */
  readonly announcedAt: string | undefined;
}

/**
 * When it was last certain that no other process may launch, and how long that holds. It holds
 * longer if Prefect is slow.
 */
export interface ClearedLaunch {
  readonly clearedAtMs: number;
  readonly goodForMs: number;
}

export type FirstLaunch =
  | ({ readonly kind: 'launch'; readonly token: string } & ClearedLaunch)
  /**
   * Follows a launch that started nothing. `isDue`: a dead worker announced it, and may have made
   * it.
   */
  | {
      readonly kind: 'await';
      readonly failure: StartFailure;
      readonly error: Error;
      readonly isDue: boolean;
      /** ECS reported STOPPED for the previous launch's task. */
      readonly wasStopped: boolean;
      /** The last look at the run is too old to announce a launch on it. */
      readonly isLookDue: boolean;
    };
