import { told, type RunStory, type Write } from '../run-story.ts';

/** What a look and its repair may take with a slow Prefect. */
const repairedWithinMs = 150_000;

/**
 * I13: a run is Crashed by us only if its process is gone, never while it lives; what crossed is
 * written back.
 */
export function wrongCrashes(story: RunStory): readonly string[] {
  return story.writes.flatMap((write, at) => {
    if (write.by !== 'worker' || write.isRestored || write.state.type !== 'CRASHED') return [];
    const nextMs = story.writes[at + 1]?.atMs ?? story.nowMs;
    if (nextMs - write.atMs <= repairedWithinMs || !livesOn(write, story)) return [];
    return [`I13: Crashed while its process lives: ${write.state.message ?? ''} (${told(story)})`];
  });
}

/** Where nothing is slow or ill, nothing crosses: a word that is not true made it so. */
export function crashedOnHearsay(story: RunStory): readonly string[] {
  return story.writes
    .filter(
      ({ by, isRestored, state }) => by === 'worker' && !isRestored && state.type === 'CRASHED',
    )
    .filter((write) => livesOn(write, story))
    .map(({ state }) => `Crashed while its process lives: ${state.message ?? ''} (${told(story)})`);
}

function livesOn({ atMs }: Write, { tasks, calls }: RunStory): boolean {
  return tasks.some(
    ({ taskArn, bornMs, diedMs = 0, isVanished }) =>
      bornMs !== undefined &&
      bornMs < atMs &&
      diedMs > atMs + 1_000 &&
      !isVanished &&
      !calls.some((call) => call.operation === 'StopTask' && call.taskArn === taskArn),
  );
}

/**
 * Of one key, process and opening so many are told that a right is missing; the others wait (I13).
 */
const toldOfRight = 3;

/** I13: a right that the worker lacks crashes no more than the first three runs of a process. */
export function crashedForRights(
  stories: readonly RunStory[],
  processes: number,
): readonly string[] {
  const crashed = stories.flatMap(({ writes }) =>
    writes.filter(
      ({ by, state, isRestored }) =>
        by === 'worker' &&
        state.type === 'CRASHED' &&
        !isRestored &&
        state.message?.includes('AccessDenied') === true,
    ),
  );
  const most = toldOfRight * processes;
  return crashed.length > most
    ? [`I13: ${crashed.length} crashed for a denied right, more than ${most}`]
    : [];
}
