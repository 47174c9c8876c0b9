/** How a run went, for whoever counts. */
export type RunOutcome =
  | { readonly kind: 'skipped'; readonly reason: string }
  /**
   * `saidCrashed`: what runs in its container had told Prefect that the run crashed, and nothing of
   * why.
   */
  | {
      readonly kind: 'finished';
      readonly exitCode: number | undefined;
      readonly saidCrashed: boolean;
    }
  /** `hadConnected`: its engine had told Prefect that it runs. */
  | { readonly kind: 'crashed'; readonly message: string; readonly hadConnected: boolean }
  | { readonly kind: 'cancelled' }
  /** Its task runs on, or may have been started: whoever adopts it decides. */
  | { readonly kind: 'handed-over' };
