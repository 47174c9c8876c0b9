import { told, type RunStory } from '../run-story.ts';

/** I11: a cancelled run's task gets StopTask, or stops, within the grace and a safety look. */
export function lateStops(story: RunStory, withinMs: number): readonly string[] {
  const { writes, tasks, calls, nowMs } = story;
  const at = writes.findLastIndex(
    ({ state }) => state.type === 'CANCELLING' || state.type === 'CANCELLED',
  );
  const cancelled = writes[at];
  if (
    cancelled === undefined ||
    writes.slice(at + 1).some(({ state }) => state.type === 'SCHEDULED')
  )
    return [];
  const dueMs = cancelled.atMs + withinMs;
  if (nowMs < dueMs) return [];
  return tasks
    .filter(
      ({ createdMs, stoppedMs, isVanished }) =>
        createdMs < cancelled.atMs && stoppedMs > dueMs && !isVanished,
    )
    .filter(({ taskArn }) => !calls.some((call) => call.taskArn === taskArn && call.atMs <= dueMs))
    .map(
      ({ taskArn }) =>
        `I11: no stop of ${taskArn} ${withinMs / 1000} s after ${cancelled.state.name} (${told(story)})`,
    );
}
