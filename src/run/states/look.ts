import { latestClaim, type ClaimHistory, type JudgeClaim } from '../../core/claim/claims.ts';
import type { LookFacts } from '../../core/claim/act-rows.ts';
import type { FlowRun } from '../../core/prefect/flow-run.ts';
import type { State } from '../../core/prefect/state.ts';

/** An act is sent at most this long after its look, while Prefect answers normally. */
export const lookGoodForMs = 5_000;
/** Nothing older than this proves anything, however slow Prefect is. */
const longestMs = 60_000;

/** What was read for a look. */
export interface LookParts {
  readonly flowRun: FlowRun;
  readonly history: readonly State[];
  readonly present: State;
  /** When the question for the run was sent: the answer holds nothing that happened since. */
  readonly sentAtMs: number;
  /** How long reading took. */
  readonly tookMs: number;
}

/**
 * A run and its history at one moment: they agree on the id of the present state (worker.md 0.4.8).
 * Every irreversible act needs a look that is still fresh. Without that rule, facts of different
 * moments were combined, and the worker launched runs beside their living processes and lost
 * results. A class, so that no other object with the same fields passes for a look.
 */
export class Look implements LookFacts {
  readonly flowRun: FlowRun;
  readonly history: readonly State[];
  readonly present: State;
  readonly claim: ClaimHistory | undefined;
  readonly sentAtMs: number;
  /**
   * With a slow Prefect a look would be too old before anything could be sent, so it is good for
   * longer.
   */
  readonly goodForMs: number;
  /** Makes the type nominal. */
  readonly #isLook = true;

  /** @internal Only `Looks` may call this: it has checked that the parts agree. */
  constructor({ flowRun, history, present, sentAtMs, tookMs }: LookParts, judge: JudgeClaim) {
    this.flowRun = flowRun;
    this.history = history;
    this.present = present;
    this.claim = latestClaim(history, flowRun.labels, judge);
    this.sentAtMs = sentAtMs;
    this.goodForMs = Math.min(longestMs, Math.max(lookGoodForMs, 3 * tookMs));
  }

  /** How long an act may still be sent on this look; 0 or less: look again. */
  leftMs(nowMs: number): number {
    return this.#isLook ? this.goodForMs - (nowMs - this.sentAtMs) : 0;
  }
}
