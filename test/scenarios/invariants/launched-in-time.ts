import { told, type RunStory } from '../run-story.ts';

/** I12: with capacity and without faults, a due run is launched within `withinMs`. */
export function lateLaunches(story: RunStory, withinMs: number): readonly string[] {
  const [first, next] = story.writes;
  if (first === undefined) return [];
  const launchedMs = story.tasks[0]?.createdMs ?? Infinity;
  const isStillDue = next === undefined || next.launchId !== undefined;
  const isLate = Math.min(launchedMs, story.nowMs) - first.atMs > withinMs;
  return isStillDue && isLate
    ? [`I12: not launched within ${withinMs / 1000} s (${told(story)})`]
    : [];
}
