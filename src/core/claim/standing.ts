import type { State, StateType } from '../prefect/state.ts';
import { latestClaim, overwrittenState } from './claims.ts';

/** What a run's history says of a claim that is about to make launch `attempt` (ecs-worker.md 8.3). */
export type Standing =
  /** Nothing came between: the launch may be made with this token. */
  | { readonly kind: 'stands'; readonly token: string }
  /** The announcement never got there. */
  | { readonly kind: 'not-announced' }
  /** Another claim, or a later launch of this one. */
  | { readonly kind: 'overtaken' }
  /** Late progress hides a state that was the run's end, or that scheduled it anew. */
  | { readonly kind: 'overwritten'; readonly state: State }
  /** The run went on without this launch. */
  | { readonly kind: 'went-on'; readonly type: StateType };

/** `history`: oldest first. `labels`: the run's own, which announce what older servers take no state for. */
export function standingOf(
  launch: { readonly launchId: string; readonly attempt: number },
  history: readonly State[],
  labels: Readonly<Record<string, unknown>> = {},
): Standing {
  const latest = latestClaim(history, labels);
  if (latest === undefined || latest.launchId !== launch.launchId) return { kind: 'overtaken' };
  const other = latest.since.findLast((state) => state.type !== 'PENDING');
  if (other !== undefined) {
    const isPresent = other === latest.since.at(-1);
    const hidden = isPresent ? undefined : overwrittenState(latest);
    return hidden === undefined
      ? { kind: 'went-on', type: other.type }
      : { kind: 'overwritten', state: hidden };
  }
  if (latest.attempt > launch.attempt) return { kind: 'overtaken' };
  if (latest.attempt < launch.attempt) return { kind: 'not-announced' };
  return { kind: 'stands', token: latest.token };
}
