import type { ReportedRun } from '../states/reported-run.ts';
import type { PreparedRun } from '../prepare/prepared-run.ts';
import type { CapacityTicket } from '../shared/capacity-queue.ts';
import type { HeldLease } from '../shared/leases.ts';
import type { StartFailure } from '../../core/diagnosis/start-failure.ts';

/** A claim that is to be brought to its task: this process's own, or one that it adopted. */
export interface ClaimLaunch {
  /** Its `attempt` is the number of the launch that comes first here. */
  readonly run: ReportedRun;
  readonly prepared: PreparedRun;
  readonly first: FirstLaunch;
  readonly capacityTicket: CapacityTicket;
  /** Where the claim says that it runs, when that is not where it would be launched today. */
  readonly cluster: string | undefined;
  readonly lease: HeldLease | undefined;
  /** Of an adopted claim; undefined: this process made it. */
  readonly adopted: AdoptedClaim | undefined;
  /** What is told beside RunTask, and must have ended before anything else is told. */
  readonly progressUpdates: Promise<void>;
}

export interface AdoptedClaim {
  /** Since when it has been waiting for another launch. */
  readonly waitingSinceMs: number;
  /** When its newest launch was announced, by Prefect's clock. */
  readonly announcedAt: string | undefined;
}

/**
 * When it was last known that nobody else may launch, and how long that is good for: longer where
 * Prefect is slow.
 */
export interface ClearedLaunch {
  readonly clearedAtMs: number;
  readonly goodForMs: number;
}

export type FirstLaunch =
  | ({ readonly kind: 'launch'; readonly token: string } & ClearedLaunch)
  /**
   * It follows a launch that came to nothing. `isDue`: a worker that died has announced it, and may
   * have made it.
   */
  | {
      readonly kind: 'await';
      readonly failure: StartFailure;
      readonly error: Error;
      readonly isDue: boolean;
      /** ECS said STOPPED of the task of the launch before. */
      readonly wasStopped: boolean;
      /** What was seen of the run is too old to announce a launch on the strength of it. */
      readonly isLookDue: boolean;
    };
