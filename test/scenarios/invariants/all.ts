import type { RunStory } from '../run-story.ts';
import { tooManyCalls } from './calls.ts';
import { wrongCrashes } from './crashes.ts';
import { neverEnded, slotsLeft, tasksLeft } from './ends.ts';
import { unexplained } from './explained.ts';
import { lostStates } from './nothing-lost.ts';
import { twoProcesses } from './one-process.ts';
import { twoTasks } from './one-task.ts';
import { strandedRetries } from './retry-type.ts';
import { wrongStops } from './stops.ts';
import { wrongTokens } from './tokens.ts';
import { lostEnds } from './told-end.ts';

/** The invariants of worker.md 15 that hold at any time, not only once all has settled. */
const atAllTimes = {
  I1: twoTasks,
  I2: twoProcesses,
  I3: wrongTokens,
  I4: wrongStops,
  I5: lostStates,
  I13: wrongCrashes,
  E4: unexplained,
} as const satisfies Readonly<Record<string, (story: RunStory) => readonly string[]>>;

export type Invariant = keyof typeof atAllTimes | 'I14';

/** Violations of what must never happen. Judged at the end of each scenario and plot. */
export function wrongsAtAllTimes(
  stories: readonly RunStory[],
  leaves: Readonly<Partial<Record<Invariant | 'all', string>>> = {},
): readonly string[] {
  if ('all' in leaves) return [];
  const checks = Object.entries(atAllTimes).filter(([name]) => !(name in leaves));
  return [
    ...stories.flatMap((story) => checks.flatMap(([, wrongsOf]) => wrongsOf(story))),
    ...('I14' in leaves ? [] : tooManyCalls(stories)),
  ];
}

/** Violations in one run, when there has been no fault for half an hour. */
export function wrongsOfSettled(story: RunStory): readonly string[] {
  const checks = [...Object.values(atAllTimes), lostEnds, strandedRetries, neverEnded, tasksLeft];
  return checks.flatMap((wrongsOf) => wrongsOf(story));
}

/** Violations across all runs. `slots` is the deployment's number of slots in use. */
export function wrongsOfAllSettled(stories: readonly RunStory[], slots: number): readonly string[] {
  return [...tooManyCalls(stories), ...slotsLeft(stories, slots)];
}
