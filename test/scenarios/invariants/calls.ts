import type { RunStory } from '../run-story.ts';
import type { WitnessedCall } from '../witness.ts';

/** StopTask's shortest backoff is a second; the rest allows for rounding. */
const leastGapMs = 900;
/** One repeat of a denied StopTask every 2 s in a session, and first tries of three tasks. */
const deniedAMinute = 33;

/** I14: StopTask is called once per task and backoff step. I11: denied ones repeat slowly. */
export function tooManyCalls(stories: readonly RunStory[]): readonly string[] {
  const stops = stories.flatMap(({ calls }) =>
    calls.filter(({ operation }) => operation === 'StopTask'),
  );
  return [...tooSoon(stops), ...tooOftenDenied(stops)];
}

function tooSoon(stops: readonly WitnessedCall[]): readonly string[] {
  const last = new Map<string, WitnessedCall>();
  return stops.flatMap((call) => {
    const key = `${call.process} ${call.taskArn ?? ''}`;
    const before = last.get(key);
    last.set(key, call);
    const isSoon =
      before?.status === 200 && call.atMs - (before.answeredMs ?? before.atMs) < leastGapMs;
    return isSoon ? [`I14: StopTask for ${call.taskArn ?? ''} twice within a second`] : [];
  });
}

function tooOftenDenied(stops: readonly WitnessedCall[]): readonly string[] {
  const denied = stops
    .filter((call) => call.code?.startsWith('AccessDenied') === true)
    .sort((one, other) => one.atMs - other.atMs);
  const isBusy = denied.some((call, at) => {
    const other = denied[at + deniedAMinute];
    return other !== undefined && other.atMs - call.atMs < 60_000;
  });
  return isBusy ? ['I11: a denied StopTask is repeated more often than once in 2 s'] : [];
}

/** ListTasks calls allowed per try: the newest three launches, and one before giving up. */
const looksATry = 4;

/**
 * I14: while AWS is healthy, a process lists a run's tasks at most four times between two RunTask
 * calls. On top come two lists for each launch of the claim: one every ten minutes, and one before
 * an adopter's first try or before the process reports that an active run's task is gone.
 */
export function tooManyLooks({ calls }: RunStory): readonly string[] {
  const looks = new Map<number, number>();
  let launches = 1;
  return calls.flatMap(({ operation, process }) => {
    if (operation === 'StopTask') return [];
    const isTry = operation === 'RunTask';
    const count = isTry ? 0 : (looks.get(process) ?? 0) + 1;
    looks.set(process, count);
    if (isTry) launches += 1;
    const most = looksATry + launches * 2;
    return count === most + 1 ? [`I14: ListTasks more than ${most} times for one try`] : [];
  });
}
