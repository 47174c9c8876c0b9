/** How a run went. */
export type RunOutcome =
  | { readonly kind: 'skipped'; readonly reason: string }
  /** `saidCrashed`: the run's own process reported the crash, without a reason. */
  | {
      readonly kind: 'finished';
      readonly exitCode: number | undefined;
      readonly saidCrashed: boolean;
    }
  /** `hadConnected`: its engine had reported Running to Prefect. */
  | { readonly kind: 'crashed'; readonly message: string; readonly hadConnected: boolean }
  | { readonly kind: 'cancelled' }
  /** Its task is running or may have been started: its adopter decides. */
  | { readonly kind: 'handed-over' };
