import type { FlowRun } from '../prefect/flow-run.ts';
import { isFinal, type State, type StateType } from '../prefect/state.ts';
import { isNobody, parseFollower, type Owner } from './claim-record.ts';
import { claimsIn, type ClaimHistory } from './claims.ts';

/** What a look shows of a run: the facts that the rows of worker.md 0.4.9 ask for. */
export interface LookFacts {
  readonly flowRun: Pick<FlowRun, 'labels' | 'infrastructurePid' | 'retryType' | 'deploymentId'>;
  /** Oldest first; the present state is the last, wherever the server lists it. */
  readonly history: readonly State[];
  readonly present: State;
  /** The latest claim that is not void. Undefined: the run was never claimed. */
  readonly claim: ClaimHistory | undefined;
}

/** A claim, and the process that wants to act for it. */
export interface Actor {
  readonly launchId: string;
  /**
   * Undefined: an observer, which reports a task's end whichever process is responsible for its
   * claim.
   */
  readonly processId: string | undefined;
}

/** The reason why an act is not allowed. */
export type Refusal =
  | 'its claim may be void'
  | 'another claim is the latest'
  | 'another process follows it'
  | 'the run went on'
  | 'late progress hides another state'
  | 'nothing is hidden'
  | 'a task may exist'
  | 'it has no deployment';

/**
 * The process that is responsible for the claim: the one in its label, else the one in its own
 * message.
 */
export function ownerOfClaim({ flowRun, claim }: LookFacts): Owner | undefined {
  const follower = parseFollower(flowRun.labels);
  if (follower === undefined || follower.launchId !== claim?.launchId) return claim?.record;
  return isNobody(follower) ? undefined : follower;
}

/** Undefined: the claim is the latest, and no other process is responsible for it. */
export function whyNotMine(facts: LookFacts, { launchId, processId }: Actor): Refusal | undefined {
  if (facts.claim?.launchId !== launchId) return 'another claim is the latest';
  if (!facts.claim.isDecided) return 'its claim may be void';
  const isMine = processId === undefined || ownerOfClaim(facts)?.processId === processId;
  return isMine ? undefined : 'another process follows it';
}

/**
 * The label names another process for this claim. This process lets go at once: two followers would
 * both act for the run (worker.md 9.7.8).
 */
export function isLetGo(
  facts: Pick<LookFacts, 'flowRun'>,
  { launchId, processId }: Actor,
): boolean {
  const follower = parseFollower(facts.flowRun.labels);
  if (processId === undefined || follower?.launchId !== launchId) return false;
  return follower.processId !== processId;
}

/** States since the claim, or all states without a claim. */
function sinceClaim({ history, claim }: LookFacts): readonly State[] {
  return claim?.since ?? history;
}

function lastOther(facts: LookFacts): State | undefined {
  return sinceClaim(facts).findLast(({ type }) => type !== 'PENDING');
}

/**
 * Names of a wait for a retry. The second is what the server makes of the first when an old claim
 * comes late and its deployment's slots are all taken.
 */
export const waitsForRetry: readonly string[] = ['AwaitingRetry', 'AwaitingConcurrencySlot'];

/**
 * The run's own process waits for its next retry. The process is alive and will propose Running
 * itself.
 */
export function awaitsOwnRetry({
  flowRun,
  present,
}: Pick<LookFacts, 'flowRun' | 'present'>): boolean {
  const isWaiting = present.type === 'SCHEDULED' && waitsForRetry.includes(present.name);
  return isWaiting && flowRun.retryType === 'in_process';
}

/**
 * Paused, with its process waiting. A suspended run, in contrast, is scheduled again when it is
 * resumed.
 */
export function isPausedInProcess({ present }: Pick<LookFacts, 'present'>): boolean {
  return present.type === 'PAUSED' && present.details['pause_reschedule'] !== true;
}

/**
 * Whether a run may be claimed over late progress that hides its SCHEDULED, or that it got without
 * any claim. It is PENDING, so no poll offers it: without this claim it never runs (worker.md A2).
 */
export function whyNotReclaimed(facts: LookFacts): Refusal | undefined {
  const { present, claim, flowRun } = facts;
  if (present.type !== 'PENDING') return 'the run went on';
  if (claim?.isDecided === false) return 'its claim may be void';
  const other = lastOther(facts);
  if (other === undefined) return claim === undefined ? undefined : 'nothing is hidden';
  return other.type === 'SCHEDULED' && flowRun.retryType !== 'in_process'
    ? undefined
    : 'nothing is hidden';
}

/**
 * The final state that late progress hides. Undefined: none, or another process writes it back.
 * Without this a completed run stays Pending, or is crashed (worker.md A3).
 */
export function hiddenFinal(facts: LookFacts, processId: string | undefined): State | undefined {
  const { present, claim } = facts;
  if (present.type !== 'PENDING' || claim?.isDecided === false) return undefined;
  const owner = ownerOfClaim(facts);
  if (owner !== undefined && owner.processId !== processId) return undefined;
  return finalUnderProgress(facts);
}

function finalUnderProgress(facts: LookFacts): State | undefined {
  const since = sinceClaim(facts);
  const other = lastOther(facts);
  if (other !== undefined && isFinal(other.type)) return other;
  const again = since.findLastIndex(({ type }) => type === 'SCHEDULED');
  return since.slice(again + 1).findLast(({ type }) => type === 'COMPLETED' || type === 'FAILED');
}

/** Only PENDING since the claim: its launch may still be made or repeated. */
export function whyNotLaunchable(facts: LookFacts, actor: Actor): Refusal | undefined {
  const notMine = whyNotMine(facts, actor);
  if (notMine !== undefined) return notMine;
  return whyNotStillPending(facts);
}

function whyNotStillPending(facts: LookFacts): Refusal | undefined {
  if (facts.present.type !== 'PENDING') return 'the run went on';
  return lastOther(facts) === undefined ? undefined : 'late progress hides another state';
}

/**
 * Whether a claim may be given back, as far as a look shows it. Only the process that made the
 * claim asks: an adopter cannot know whether RunTask was called (worker.md A4).
 */
export function whyNotGivenBack(facts: LookFacts, actor: Actor): Refusal | undefined {
  if (facts.flowRun.deploymentId === undefined) return 'it has no deployment';
  if (isLetGo(facts, actor)) return 'another process follows it';
  if (facts.claim?.launchId !== actor.launchId) return 'another claim is the latest';
  return whyNotStillPending(facts);
}

/**
 * Whether a launch that was just made stands: its claim is the latest, no higher launch is
 * announced, and the run has neither ended nor been scheduled again. Otherwise its task is a
 * duplicate (worker.md 0.4.7).
 */
export function standsAfterLaunch(
  facts: LookFacts,
  { launchId, attempt }: { readonly launchId: string; readonly attempt: number },
): boolean {
  const { present, claim } = facts;
  if (claim?.launchId !== launchId || claim.attempt > attempt) return false;
  if (isFinal(present.type)) return false;
  return present.type !== 'SCHEDULED' || awaitsOwnRetry(facts);
}

const endsCancellation: readonly StateType[] = ['SCHEDULED', 'COMPLETED', 'FAILED', 'CRASHED'];

/**
 * A CANCELLED that was not reverted. A Running that a live process proposes over it does not revert
 * it.
 */
function isCancelledSince(states: readonly State[]): boolean {
  const at = states.findLastIndex(({ type }) => type === 'CANCELLED');
  return at >= 0 && !states.slice(at).some(({ type }) => endsCancellation.includes(type));
}

/**
 * Whether the task of a claim must be stopped because its run was cancelled: a level, not an edge.
 * Its claim is the latest and the run is cancelled, or the run was cancelled before the next claim
 * was made. Without the second part a run that is retried within the grace has two tasks (worker.md
 * A7).
 */
export function isCancellationWanted(facts: LookFacts, launchId: string): boolean {
  const { history, present, claim } = facts;
  if (claim?.launchId === launchId) {
    const isCancelled = present.type === 'CANCELLING' || present.type === 'CANCELLED';
    return isCancelled || claim.since.some(({ type }) => type === 'CANCELLED');
  }
  const claims = claimsIn(history);
  const mine = claims.findIndex((listed) => listed.launchId === launchId);
  const [own, next] = claims.slice(mine < 0 ? claims.length : mine);
  return (
    own !== undefined &&
    history.slice(own.at + 1, next?.at).some(({ type }) => type === 'CANCELLED')
  );
}

/**
 * Whether the claim's owner, or an observer of its task's end, may crash the run. The server itself
 * accepts Crashed over a run that already runs again (worker.md A10).
 */
export function whyNotCrashed(facts: LookFacts, actor: Actor): Refusal | undefined {
  const notMine = whyNotMine(facts, actor);
  if (notMine !== undefined) return notMine;
  const hidesEnd = facts.present.type === 'PENDING' && finalUnderProgress(facts) !== undefined;
  if (hidesEnd || whyNotReclaimed(facts) === undefined) return 'late progress hides another state';
  return isCrashable(facts) ? undefined : 'the run went on';
}

function isCrashable(facts: LookFacts): boolean {
  const { type } = facts.present;
  return (
    type === 'PENDING' || type === 'RUNNING' || awaitsOwnRetry(facts) || isPausedInProcess(facts)
  );
}

/**
 * Whether the run may become Cancelled, as far as a look shows it. The caller must know that no
 * task lives: a Cancelled run whose task lives still writes. `actor` undefined: there is no claim
 * (worker.md A11).
 */
export function whyNotCancelled(facts: LookFacts, actor: Actor | undefined): Refusal | undefined {
  const { claim, flowRun, present } = facts;
  if (actor === undefined) {
    if (claim !== undefined || flowRun.infrastructurePid !== undefined) return 'a task may exist';
  } else {
    const notMine = whyNotMine(facts, actor);
    if (notMine !== undefined) return notMine;
  }
  if (present.type === 'CANCELLING') return undefined;
  const isUnderWay = present.type === 'RUNNING' || present.type === 'PENDING';
  return isUnderWay && isCancelledSince(sinceClaim(facts)) ? undefined : 'the run went on';
}
