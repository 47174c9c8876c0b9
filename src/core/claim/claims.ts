import { isFinal, type State } from '../prefect/state.ts';
import { parseClaimMessage, type ClaimRecord } from './claim-record.ts';
import { launchInLabel, relaunchToken } from './relaunch.ts';

/** A run's latest claim, and what its history says has become of it (ecs-worker.md 0.4, 8.3, 9.7.8). */
export interface ClaimHistory {
  /** The claim's own state; its `transition_id` is the launch id. */
  readonly claim: State;
  readonly launchId: string;
  /** Undefined for a claim that is not ours. */
  readonly record: ClaimRecord | undefined;
  /** RunTask's token as last announced: the launch id, or that of the newest deliberate relaunch. */
  readonly token: string;
  /** 1, or the number of the newest deliberate relaunch. */
  readonly attempt: number;
  /** When the claim began to wait for another launch: at its first announcement, else when it was made. */
  readonly waitingSince: string | undefined;
  /** States after the claim, oldest first. */
  readonly since: readonly State[];
}

const capacityName = /^AwaitingCapacity (\d+)$/;

/** The name of the state that announces launch `attempt` (ecs-worker.md 8.3). */
export function awaitingCapacity(attempt: number): string {
  return `AwaitingCapacity ${attempt}`;
}

/**
 * Finds the latest claim in a state history, oldest first. `Pending` is always one. `AwaitingCapacity 1` is one where it
 * follows a SCHEDULED state that overwrote the claim before it; the first such counts, since the server may accept the
 * name again later. Undefined: nobody ever claimed the run. `labels`: the run's own, which announce what older servers
 * take no state for.
 */
export function latestClaim(
  history: readonly State[],
  labels: Readonly<Record<string, unknown>> = {},
): ClaimHistory | undefined {
  let at = -1;
  let wasRescheduled = false;
  history.forEach((state, index) => {
    if (state.type === 'SCHEDULED') wasRescheduled = true;
    const isClaim =
      state.type === 'PENDING' &&
      (state.name === 'Pending' || (state.name === awaitingCapacity(1) && wasRescheduled));
    if (!isClaim) return;
    at = index;
    wasRescheduled = false;
  });
  const claim = history[at];
  const launchId = claim?.transitionId ?? claim?.id; // clients other than Prefect's own may send no transition id
  if (claim === undefined || launchId === undefined) return undefined;
  const since = history.slice(at + 1);
  return {
    claim,
    launchId,
    record: parseClaimMessage(claim.message),
    ...lastLaunch(launchId, since, labels),
    waitingSince: (since.find((state) => capacityName.test(state.name)) ?? claim).timestamp,
    since,
  };
}

/** A label counts where no state announces as much: it is written only when the server has refused the state. */
function lastLaunch(
  launchId: string,
  since: readonly State[],
  labels: Readonly<Record<string, unknown>>,
): { readonly token: string; readonly attempt: number } {
  const announced = lastAnnounced(launchId, since);
  const labelled = launchInLabel(labels, launchId);
  if (labelled <= announced.attempt) return announced;
  return { token: relaunchToken(launchId, labelled), attempt: labelled };
}

/** Of the relaunches that were announced since, the first announcement of the highest number. */
function lastAnnounced(
  launchId: string,
  since: readonly State[],
): { readonly token: string; readonly attempt: number } {
  let token = launchId;
  let attempt = 1;
  for (const state of since) {
    const announced = Number(capacityName.exec(state.name)?.[1] ?? 0);
    if (state.type !== 'PENDING' || announced <= attempt || state.transitionId === undefined) continue;
    token = state.transitionId;
    attempt = announced;
  }
  return { token, attempt };
}

/**
 * What a late progress proposal wrote PENDING over: a final state is written back, a scheduled one is claimed again.
 * Undefined: nothing. Asked of a run that is PENDING now (ecs-worker.md 9.7.8).
 */
export function overwrittenState({ since }: ClaimHistory): State | undefined {
  const last = since.findLast((state) => state.type !== 'PENDING');
  if (last === undefined) return undefined;
  return isFinal(last.type) || last.type === 'SCHEDULED' ? last : undefined;
}

/**
 * What the end of the claim's task means to a run that is PENDING or RUNNING by now. A process that was still booting
 * when its run was cancelled, and heeds no SIGTERM, says Running until it is killed; what was decided meanwhile stands.
 */
export function meaningOfEnd({ since }: ClaimHistory): 'crashed' | 'cancelled' | 'to-run-again' {
  const at = since.findLastIndex(({ type }) => type !== 'PENDING' && type !== 'RUNNING');
  const decided = since[at]?.type;
  if (decided === 'CANCELLED') return 'cancelled';
  // A run that waits for its retry within its own process was never final before.
  const wasFinal = since.slice(0, Math.max(0, at)).some(({ type }) => isFinal(type));
  return decided === 'SCHEDULED' && wasFinal ? 'to-run-again' : 'crashed';
}
