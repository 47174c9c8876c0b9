import type { State, StateType } from '../prefect/state.ts';

/**
 * A SCHEDULED that is listed after the claim that replaced it. The clocks of two replicas differ by
 * less than this.
 */
const listedBehindMs = 60_000;

/**
 * Whether the claim at `at` stands where the server takes no claim (worker.md 0.4.15): over a
 * process that waits for its own retry, or over a state that refuses claims, so that the list is
 * out of order and its true predecessor was such a wait. It may be a true claim all the same: a
 * process that is stopped says AwaitingRetry over Running, too.
 */
export function looksVoid(history: readonly State[], at: number): boolean {
  const before = history.slice(0, at).filter(({ type }) => type !== 'PENDING');
  const last = before.at(-1);
  if (last === undefined || isScheduledSoonAfter(history, at, last)) return false;
  if (refusesClaims.includes(last.type)) return true;
  return (
    last.name === 'AwaitingRetry' && last.type === 'SCHEDULED' && before.at(-2)?.type === 'RUNNING'
  );
}

const refusesClaims: readonly StateType[] = ['RUNNING', 'CANCELLING', 'CANCELLED', 'PAUSED'];

/**
 * Excludes a restored state: releasing a claim over a wait writes the same state that was there
 * before.
 */
function isScheduledSoonAfter(history: readonly State[], at: number, before: State): boolean {
  const claimedMs = Date.parse(history[at]?.timestamp ?? '');
  return history
    .slice(at + 1)
    .some(
      (state) =>
        state.type === 'SCHEDULED' &&
        Date.parse(state.timestamp ?? '') - claimedMs <= listedBehindMs &&
        !isSameWait(state, before),
    );
}

function isSameWait(one: State, other: State): boolean {
  const isSame = one.name === other.name && one.message === other.message;
  return isSame && one.details['scheduled_time'] === other.details['scheduled_time'];
}
