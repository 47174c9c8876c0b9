import type { State } from '../prefect/state.ts';
import { parseClaimMessage, type ClaimRecord } from './claim-record.ts';
import { launchInLabel, relaunchToken } from './relaunch.ts';
import { looksVoid } from './void-claim.ts';

/** A claim of a run, and what the history shows about it (worker.md 0.4, 8.3, 9.7.8). */
export interface ClaimHistory {
  /** The claim's own state. Its `transition_id` is the launch id. */
  readonly claim: State;
  readonly launchId: string;
  /** Undefined for the claim of a Python worker. */
  readonly record: ClaimRecord | undefined;
  /** RunTask's latest token: the launch id, or that of the latest announced relaunch. */
  readonly token: string;
  /** 1, or the number of the latest announced relaunch. */
  readonly attempt: number;
  /**
   * When the claim began to wait for a relaunch: at its first announcement, else when it was made.
   */
  readonly waitingSince: string | undefined;
  /** When the latest launch was announced. For the first launch, the claim's own time. */
  readonly announcedAt: string | undefined;
  /** States after the claim, oldest first. For an older claim, only those before the next claim. */
  readonly since: readonly State[];
  /**
   * When the next claim was made. Empty: Prefect returned no time. Undefined: this is the latest
   * claim.
   */
  readonly overtakenAt: string | undefined;
  /** False: it may be void, which is not yet known. No irreversible act may rely on it. */
  readonly isDecided: boolean;
}

/**
 * What is known about a claim that looks void. Counted although it is, it hides the claim of a
 * living task (worker.md 0.4.15).
 */
export type ClaimVerdict = 'claim' | 'void' | 'undecided';

export type JudgeClaim = (launchId: string) => ClaimVerdict;

const undecided: JudgeClaim = () => 'undecided';

const capacityName = /^AwaitingCapacity (\d+)$/;

/** The name of the state that announces launch `attempt` before it is made (worker.md 8.3). */
export function awaitingCapacity(attempt: number): string {
  return `AwaitingCapacity ${attempt}`;
}

/**
 * Finds the latest claim in a state history, oldest first. `Pending` is always one.
 * `AwaitingCapacity 1` is one where it follows a SCHEDULED state that overwrote the claim before
 * it, or where nobody had claimed the run; the first such counts, since the server may accept the
 * name again later. Void claims are skipped, so that one that launched nothing does not hide the
 * claim of a living task. Undefined: nobody ever claimed the run. `labels`: the run's own, which
 * announce what older servers take no state for.
 */
export function latestClaim(
  history: readonly State[],
  labels: Readonly<Record<string, unknown>> = {},
  judge: JudgeClaim = undecided,
): ClaimHistory | undefined {
  const last = claimsIn(history, judge).at(-1);
  if (last === undefined) return undefined;
  return historyOfClaim(last, undefined, { history, labels, judge });
}

/** All claims except the latest, oldest first. */
export function olderClaims(
  history: readonly State[],
  labels: Readonly<Record<string, unknown>>,
): readonly ClaimHistory[] {
  const claims = claimsIn(history);
  return claims.flatMap((listed, index) => {
    const next = claims[index + 1];
    if (next === undefined) return [];
    return historyOfClaim(listed, next, { history, labels, judge: undecided }) ?? [];
  });
}

interface KnownOfRun {
  readonly history: readonly State[];
  readonly labels: Readonly<Record<string, unknown>>;
  readonly judge: JudgeClaim;
}

function historyOfClaim(
  { at, claim, launchId }: ListedClaim,
  next: ListedClaim | undefined,
  { history, labels, judge }: KnownOfRun,
): ClaimHistory | undefined {
  if (launchId === undefined) return undefined;
  const since = history.slice(at + 1, next?.at);
  const launch = lastLaunch(launchId, since, labels);
  return {
    claim,
    launchId,
    record: parseClaimMessage(claim.message),
    token: launch.token,
    attempt: launch.attempt,
    announcedAt: launch.announcedAt ?? claim.timestamp,
    waitingSince: (since.find((state) => capacityName.test(state.name)) ?? claim).timestamp,
    since,
    overtakenAt: next === undefined ? undefined : (next.claim.timestamp ?? ''),
    isDecided: !looksVoid(history, at) || judge(launchId) === 'claim',
  };
}

/**
 * Whether the run was only PENDING since the claim. Late progress may hide that its process ran.
 * Then no launch is repeated, and its end counts for any launch.
 */
export function isStillPending(
  presentType: string | undefined,
  { since }: Pick<ClaimHistory, 'since'>,
): boolean {
  return presentType === 'PENDING' && since.every(({ type }) => type === 'PENDING');
}

/** A claim and its index in the history. */
export interface ListedClaim {
  readonly at: number;
  readonly claim: State;
  /** Other clients may send no transition id: then the state's own id counts. */
  readonly launchId: string | undefined;
}

/** The valid claims in a history, oldest first. */
export function claimsIn(
  history: readonly State[],
  judge: JudgeClaim = undecided,
): readonly ListedClaim[] {
  const found: ListedClaim[] = [];
  let mayBeClaimedByProgress = true;
  history.forEach((state, at) => {
    if (state.type === 'SCHEDULED') mayBeClaimedByProgress = true;
    else if (state.type !== 'PENDING' && found.length === 0) mayBeClaimedByProgress = false;
    const isClaim =
      state.type === 'PENDING' &&
      (state.name === 'Pending' || (state.name === awaitingCapacity(1) && mayBeClaimedByProgress));
    if (!isClaim) return;
    const launchId = state.transitionId ?? state.id;
    if (looksVoid(history, at) && judge(launchId ?? '') === 'void') return;
    found.push({ at, claim: state, launchId });
    mayBeClaimedByProgress = false;
  });
  return found;
}

interface LastLaunch {
  readonly token: string;
  readonly attempt: number;
  readonly announcedAt: string | undefined;
}

/**
 * A label counts only if no state announces as much: it is written only if the server refused the
 * state.
 */
function lastLaunch(
  launchId: string,
  since: readonly State[],
  labels: Readonly<Record<string, unknown>>,
): LastLaunch {
  const announced = lastAnnounced(launchId, since);
  const labelled = launchInLabel(labels, launchId);
  if (labelled <= announced.attempt) return announced;
  return { token: relaunchToken(launchId, labelled), attempt: labelled, announcedAt: undefined };
}

/** The first announcement of the highest relaunch number. */
function lastAnnounced(launchId: string, since: readonly State[]): LastLaunch {
  let last: LastLaunch = { token: launchId, attempt: 1, announcedAt: undefined };
  for (const state of since) {
    const attempt = Number(capacityName.exec(state.name)?.[1] ?? 0);
    if (state.type !== 'PENDING' || attempt <= last.attempt || state.transitionId === undefined)
      continue;
    last = { token: state.transitionId, attempt, announcedAt: state.timestamp };
  }
  return last;
}
