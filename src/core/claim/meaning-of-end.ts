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
   * `hadConnected`: its engine had reported Running to Prefect. `awaitedRetry`: it died between two
   * of its own retries.
   */
  | { readonly kind: 'crashed'; readonly hadConnected: boolean; readonly awaitedRetry: boolean }
  | { readonly kind: 'cancelled' }
  /**
   * The run was scheduled again meanwhile, and then its old process proposed Running over that, or
   * late progress hides it.
   */
  | { readonly kind: 'to-run-again' }
  /** Late progress hides the run's real end. */
  | { readonly kind: 'hidden'; readonly state: State }
  /** It waits to be resumed. Only a failed process makes this a crash. */
  | { readonly kind: 'paused' }
  | { readonly kind: 'undecided' }
  /** `saidCrashed`: the process in its container reported the crash, without a reason. */
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
 * For a PENDING or RUNNING run. A process that was still booting when its run was cancelled, and
 * that ignores SIGTERM, proposes Running until it is killed. The earlier decision stands.
 */
function afterAll({ since }: ClaimHistory, hadConnected: boolean): MeaningOfEnd {
  const at = since.findLastIndex(({ type }) => type !== 'PENDING' && type !== 'RUNNING');
  const decided = since[at]?.type;
  if (decided === 'CANCELLED') return { kind: 'cancelled' };
  // A run that waits for its own retry was never final before.
  const wasFinal = since.slice(0, Math.max(0, at)).some(({ type }) => isFinal(type));
  if (decided === 'SCHEDULED' && wasFinal) return { kind: 'to-run-again' };
  return { kind: 'crashed', hadConnected, awaitedRetry: false };
}
