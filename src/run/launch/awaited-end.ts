import type { ClearedLaunch } from './claim-launch.ts';
import type { Launched } from '../ports/task-follower.ts';
import type { RunOutcome } from '../ports/run-outcome.ts';

/** How the wait for another launch ended. */
export type AwaitedEnd =
  | ({ readonly kind: 'go'; readonly token: string; readonly attempt: number } & ClearedLaunch)
  | { readonly kind: 'alive'; readonly task: Launched }
  | { readonly kind: 'too-late' }
  | { readonly kind: 'denied'; readonly error: Error }
  | { readonly kind: 'ended'; readonly outcome: RunOutcome };
