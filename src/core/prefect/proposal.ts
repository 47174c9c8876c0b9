import type { State, StateType } from './state.ts';

/**
 * A state that a worker proposes for a run. `transitionId` stays the same when the call is retried.
 */
export interface StateProposal {
  readonly type: StateType;
  readonly name: string | undefined;
  readonly message: string | undefined;
  readonly transitionId: string;
  /** Skips nearly all rules of the server. */
  readonly force: boolean;
  /** For a restored state. */
  readonly data?: unknown;
  /** Further `state_details` of a restored state. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * The server's answer to a proposed state (prefect-api.md 2.8.2). `rejected` is not an error: the
 * run is in another state, and the caller compares.
 */
export type ProposalAnswer =
  | { readonly kind: 'accepted'; readonly state: State }
  | {
      readonly kind: 'rejected';
      readonly state: State | undefined;
      readonly reason: string | undefined;
    }
  | { readonly kind: 'aborted'; readonly reason: string | undefined }
  | { readonly kind: 'wait'; readonly delaySeconds: number; readonly reason: string | undefined }
  | { readonly kind: 'not-found' };

export function proposalOf(
  type: StateType,
  fact: {
    readonly name?: string;
    readonly message?: string;
    readonly transitionId: string;
    readonly force?: boolean;
  },
): StateProposal {
  return {
    type,
    name: fact.name,
    message: fact.message,
    transitionId: fact.transitionId,
    force: fact.force ?? false,
  };
}
