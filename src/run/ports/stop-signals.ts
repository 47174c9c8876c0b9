/** A run's two endings (design.md decision 10): `drain` lets go of what can be left, `stop` ends what cannot. */
export interface RunLife {
  /** Nothing new is claimed; tasks that run are no longer followed. */
  readonly drain: AbortSignal;
  /** A claim that was made is no longer brought to its launch. */
  readonly stop: AbortSignal;
  /** Told when RunTask has answered: from then on a poll that shows the run again means a new claim. */
  readonly submitted: () => void;
}
