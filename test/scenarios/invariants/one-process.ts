import { told, type RunStory } from '../run-story.ts';
import { overlaps } from './one-task.ts';

/** I2: no run has two processes in user code, unless a user retried it while one lived. */
export function twoProcesses(story: RunStory): readonly string[] {
  return overlaps(story, ({ bornMs, diedMs }) =>
    bornMs === undefined || diedMs === undefined ? undefined : { fromMs: bornMs, toMs: diedMs },
  ).map(
    ([older, newer]) =>
      `I2: user code runs in ${older.taskArn} and ${newer.taskArn} (${told(story)})`,
  );
}
