import { parseFollower } from '../../../src/core/claim/claim-record.ts';
import { finalTypes, type RunStory } from '../run-story.ts';
import type { Wrong } from './play.ts';

/** The name of the worker whose code may be an older version's. */
const older = 'b';

/**
 * Whether the older worker caused a violation. It did so if it launched the newer of two tasks,
 * wrote the wrong end, follows the run that never ended, or made the excess call.
 */
export function byAnOlderWorker({ text, story }: Wrong): boolean {
  if (story === undefined) return text.includes(' b '); // see tooManyCalls
  if (text.startsWith('I1:') || text.startsWith('I2:') || text.startsWith('I3:'))
    return launcherOfNewest(story) === older;
  if (!finalTypes.includes(story.run.state.type)) return followerOf(story) === older;
  const ends = story.writes.filter(({ state }) => finalTypes.includes(state.type));
  return ends.at(-1)?.worker === older;
}

function launcherOfNewest({ calls }: RunStory): string | undefined {
  return calls.findLast(({ operation }) => operation === 'RunTask')?.worker;
}

function followerOf({ run, writes }: RunStory): string | undefined {
  const claim = writes.findLast(({ launchId }) => launchId !== undefined);
  return parseFollower(run.labels)?.workerName ?? claim?.worker;
}
