import { told, type RunStory, type Write } from '../run-story.ts';

/** The longest that a look and its repair take with a slow Prefect. */
const repairedWithinMs = 150_000;

/**
 * I13: a worker crashes a run only if its process is gone. A crash that crossed with the process's
 * own state is undone in time.
 */
export function wrongCrashes(story: RunStory): readonly string[] {
  return story.writes.flatMap((write, at) => {
    if (write.by !== 'worker' || write.isRestored || write.state.type !== 'CRASHED') return [];
    const nextMs = story.writes[at + 1]?.atMs ?? story.nowMs;
    if (nextMs - write.atMs <= repairedWithinMs || !livesOn(write, story)) return [];
    return [`I13: Crashed while its process lives: ${write.state.message ?? ''} (${told(story)})`];
  });
}

/** Without faults no writes cross, so a crash of a living process came from a false event. */
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

/** Runs that one process crashes for one missing permission; all others wait (I13). */
const toldOfRight = 3;

/** I13: a missing permission crashes at most the first three runs of a process. */
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
    ? [`I13: ${crashed.length} runs crashed for a denied permission, more than ${most}`]
    : [];
}
