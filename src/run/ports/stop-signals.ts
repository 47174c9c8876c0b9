/**
 * Two ways to end: `drain` releases what others can adopt, `stop` also ends what cannot be left
 * (decisions.md 10).
 */
export interface StopSignals {
  /** Claims nothing new, and no longer follows running tasks. */
  readonly drain: AbortSignal;
  /** No longer launches claims that were already made. */
  readonly stop: AbortSignal;
}
