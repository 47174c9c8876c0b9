import { isFinal, type State } from '../prefect/state.ts';
import {
  awaitsOwnRetry,
  hiddenFinal,
  isLetGo,
  isPausedInProcess,
  whyNotReclaimed,
  type Actor,
  type LookFacts,
} from './act-rows.ts';
import type { ClaimHistory } from './claims.ts';

/**
 * What the end of a claim's last task means to its run. Followers, adopters and observers share
 * this judgement; judged apart, a run would be crashed by one and retried by another (worker.md
 * 10.7.8).
 */
export type MeaningOfEnd =
  /**
   * `hadConnected`: its engine had told Prefect that it runs. `awaitedRetry`: it died between two
   * retries of its own.
   */
  | { readonly kind: 'crashed'; readonly hadConnected: boolean; readonly awaitedRetry: boolean }
  | { readonly kind: 'cancelled' }
  /**
   * It was scheduled anew meanwhile, and its old process said Running over that, or late progress
   * hides it.
   */
  | { readonly kind: 'to-run-again' }
  /** Late progress hides the run's true end. */
  | { readonly kind: 'hidden'; readonly state: State }
  /** It waits to be resumed by nobody: only a process that failed makes that a crash. */
  | { readonly kind: 'paused' }
  | { readonly kind: 'undecided' }
  /** `saidCrashed`: what ran in its container reported the crash, and nothing of why. */
  | { readonly kind: 'nothing'; readonly saidCrashed: boolean };

/**
 * `attempt`: the newest launch that is known here; of an older one nothing is told any more
 * (worker.md 8.3).
 */
export function meaningOfEnd(facts: LookFacts, actor: Actor, attempt: number): MeaningOfEnd {
  const { claim, present } = facts;
  if (claim?.isDecided === false) return { kind: 'undecided' };
  const isOurs =
    claim?.launchId === actor.launchId && claim.attempt <= attempt && !isLetGo(facts, actor);
  if (!isOurs) return { kind: 'nothing', saidCrashed: false };
  switch (present.type) {
    case 'CANCELLING':
      return { kind: 'cancelled' };
    case 'PENDING': {
      const hidden = hiddenFinal(facts, actor.processId);
      if (hidden !== undefined && hidden.type !== 'CANCELLED')
        return { kind: 'hidden', state: hidden };
      if (whyNotReclaimed(facts) === undefined) return { kind: 'to-run-again' };
      return afterAll(claim, false);
    }
    case 'RUNNING':
      return afterAll(claim, true);
    case 'SCHEDULED':
      return awaitsOwnRetry(facts)
        ? { kind: 'crashed', hadConnected: true, awaitedRetry: true }
        : { kind: 'nothing', saidCrashed: false };
    case 'PAUSED':
      return isPausedInProcess(facts)
        ? { kind: 'paused' }
        : { kind: 'nothing', saidCrashed: false };
    case 'COMPLETED':
    case 'FAILED':
    case 'CANCELLED':
    case 'CRASHED':
      return { kind: 'nothing', saidCrashed: present.type === 'CRASHED' };
  }
}

/**
 * Of a run that is PENDING or RUNNING. A process that was still booting when its run was cancelled,
 * and heeds no SIGTERM, says Running until it is killed; what was decided meanwhile stands.
 */
function afterAll({ since }: ClaimHistory, hadConnected: boolean): MeaningOfEnd {
  const at = since.findLastIndex(({ type }) => type !== 'PENDING' && type !== 'RUNNING');
  const decided = since[at]?.type;
  if (decided === 'CANCELLED') return { kind: 'cancelled' };
  // A run that waits for its retry within its own process was never final before.
  const wasFinal = since.slice(0, Math.max(0, at)).some(({ type }) => isFinal(type));
  if (decided === 'SCHEDULED' && wasFinal) return { kind: 'to-run-again' };
  return { kind: 'crashed', hadConnected, awaitedRetry: false };
}
