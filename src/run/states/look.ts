import { latestClaim, type ClaimHistory, type JudgeClaim } from '../../core/claim/claims.ts';
import type { LookFacts } from '../../core/claim/act-rows.ts';
import type { FlowRun } from '../../core/prefect/flow-run.ts';
import type { State } from '../../core/prefect/state.ts';

/** An act is sent at most this long after its look, while Prefect answers as it should. */
export const lookGoodForMs = 5_000;
/** Nothing older than this proves anything, however slow Prefect is. */
const longestMs = 60_000;

/** What was read for a look. */
export interface LookParts {
  readonly flowRun: FlowRun;
  readonly history: readonly State[];
  readonly present: State;
  /** When the question for the run was sent: what happened since is not in it. */
  readonly sentAtMs: number;
  /** How long reading took. */
  readonly tookMs: number;
}

/**
 * A run and its history, of one moment: they agree by the id of the present state (worker.md
 * 0.4.8). Nothing irreversible is done without one, nor on one that has grown too old: facts of
 * different moments joined together launched runs beside their living processes, and lost results.
 * A class, so that nothing else that has its fields passes for one.
 */
export class Look implements LookFacts {
  readonly flowRun: FlowRun;
  readonly history: readonly State[];
  readonly present: State;
  readonly claim: ClaimHistory | undefined;
  readonly sentAtMs: number;
  /**
   * With a slow Prefect a look would be too old before anything could be sent: then it is good for
   * longer.
   */
  readonly goodForMs: number;
  /** Makes the type nominal. */
  readonly #isLook = true;

  /** @internal For `Looks`, which alone knows that the parts agree. */
  constructor({ flowRun, history, present, sentAtMs, tookMs }: LookParts, judge: JudgeClaim) {
    this.flowRun = flowRun;
    this.history = history;
    this.present = present;
    this.claim = latestClaim(history, flowRun.labels, judge);
    this.sentAtMs = sentAtMs;
    this.goodForMs = Math.min(longestMs, Math.max(lookGoodForMs, 3 * tookMs));
  }

  /** How long an act may still be on its way; 0 or less: look again. */
  leftMs(nowMs: number): number {
    return this.#isLook ? this.goodForMs - (nowMs - this.sentAtMs) : 0;
  }
}
