import type { State, StateType } from '../prefect/state.ts';
import { hiddenFinal, isLetGo, ownerOfClaim, type Actor, type LookFacts } from './act-rows.ts';

/**
 * What a look shows of a claim that is about to make launch `attempt`. Anything but `stands` would
 * start a second task, or a task of a run that has gone on (worker.md 8.3).
 */
export type Standing =
  /**
   * Nothing came between: the launch may be made with this token. It is a later one where another
   * process announced it.
   */
  | {
      readonly kind: 'stands';
      readonly token: string;
      readonly attempt: number;
      readonly announcedAt: string | undefined;
    }
  /** The announcement never arrived. */
  | { readonly kind: 'not-announced' }
  /** Another claim, or another process follows this claim. */
  | { readonly kind: 'overtaken' }
  /** It is not known yet whether the claim is valid. */
  | { readonly kind: 'undecided' }
  /** Late progress hides the run's final state. */
  | { readonly kind: 'hidden'; readonly state: State }
  /** The run continued without this launch. */
  | { readonly kind: 'went-on'; readonly type: StateType };

export function standingOf(facts: LookFacts, actor: Actor, attempt: number): Standing {
  const { claim, present } = facts;
  if (claim?.launchId !== actor.launchId || isLetGo(facts, actor)) return { kind: 'overtaken' };
  if (!claim.isDecided) return { kind: 'undecided' };
  if (present.type !== 'PENDING') return { kind: 'went-on', type: present.type };
  if (claim.since.some(({ type }) => type !== 'PENDING')) {
    const state = hiddenFinal(facts, actor.processId);
    return state === undefined ? { kind: 'overtaken' } : { kind: 'hidden', state };
  }
  const { token, announcedAt } = claim;
  if (claim.attempt < attempt) return { kind: 'not-announced' };
  if (claim.attempt > attempt && ownerOfClaim(facts)?.processId !== actor.processId)
    return { kind: 'overtaken' };
  return { kind: 'stands', token, attempt: claim.attempt, announcedAt };
}
