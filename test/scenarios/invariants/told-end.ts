import { isDeepStrictEqual } from 'node:util';
import { isFinal, told, type RunStory } from '../run-story.ts';

/**
 * I6: an end that the run's own process reported stays the run's end, with its data, until a user
 * changes it, and nothing is launched after it. Judged once all has settled, since late progress
 * may hide an end for a while.
 */
export function lostEnds(story: RunStory): readonly string[] {
  const { writes, tasks, run } = story;
  const at = writes.findLastIndex((write) => write.by === 'process' && isFinal(write));
  const end = writes[at];
  if (
    end === undefined ||
    writes.slice(at + 1).some(({ by, state }) => by === 'user' && state.type !== 'PENDING')
  )
    return [];
  // The end of an older claim's process does not end the run.
  const claims = writes.slice(0, at).filter(({ launchId }) => launchId !== undefined);
  const own = tasks.find(
    (task) =>
      task.bornMs !== undefined && (task.diedMs ?? 0) >= end.atMs && task.bornMs <= end.atMs,
  );
  if (own !== undefined && claims.at(-1)?.launchId !== own.launchId) return [];
  const problems: string[] = [];
  if (run.state.type !== end.state.type || !isDeepStrictEqual(run.state.data, end.state.data))
    problems.push(
      `I6: the process reported ${end.state.name}, but the run is ${run.state.name} (${told(story)})`,
    );
  const later = writes.slice(at + 1).flatMap(({ launchId }) => launchId ?? []);
  if (tasks.some(({ launchId }) => later.includes(launchId)))
    problems.push(`I6: a launch after the process reported ${end.state.name} (${told(story)})`);
  return problems;
}
