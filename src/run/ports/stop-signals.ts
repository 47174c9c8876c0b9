/**
 * The two endings of whatever works here: `drain` lets go of what can be left, `stop` ends what
 * cannot (decisions.md 10).
 */
export interface StopSignals {
  /** Nothing new is claimed; tasks that run are no longer followed. */
  readonly drain: AbortSignal;
  /** A claim that was made is no longer brought to its launch. */
  readonly stop: AbortSignal;
}
