import { isStoppedUnborn } from './one-task.ts';
import { told, type RunStory } from '../run-story.ts';

/**
 * The longest time between a look and the RunTask that it allowed: a slow Prefect or the longest
 * drawn freeze may lie between them.
 */
const onItsWayMs = 260_000;

/** I3: at most one launch of a claim has a living task, and no stopped task's token is reused. */
export function wrongTokens(story: RunStory): readonly string[] {
  return [...twoLaunches(story), ...usedAgain(story)];
}

function twoLaunches(story: RunStory): readonly string[] {
  return story.tasks.flatMap((older, at) =>
    story.tasks
      .slice(at + 1)
      .filter(
        (newer) =>
          newer.launchId === older.launchId &&
          newer.attempt !== older.attempt &&
          !older.isVanished &&
          !isStoppedUnborn(newer, story) &&
          !isStoppedUnborn(older, story) &&
          older.lifelessMs > newer.createdMs,
      )
      .map(
        (newer) =>
          `I3: launches ${older.attempt} and ${newer.attempt} of one claim live (${told(story)})`,
      ),
  );
}

function usedAgain(story: RunStory): readonly string[] {
  return story.calls.flatMap(({ operation, atMs, startedBy }) => {
    if (operation !== 'RunTask') return [];
    const stopped = story.tasks.find(
      ({ launchId, attempt, stoppedMs }) =>
        stoppedMs + onItsWayMs < atMs &&
        startedBy?.endsWith(attempt === 1 ? launchId : `${launchId}/${attempt}`) === true,
    );
    return stopped === undefined
      ? []
      : [`I3: RunTask for ${stopped.taskArn}, which has stopped (${told(story)})`];
  });
}
