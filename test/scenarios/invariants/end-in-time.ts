import { told, type RunStory, type Write } from '../run-story.ts';

/**
 * I10: a run has its end within `withinMs` of its last task's STOPPED: 90 s for a followed run
 * without faults. If the follower died (I9), the time until the run is followed again is added, and
 * both count from `livesFromMs`, when a worker lives to the end of the plot.
 */
export function lateEnds(story: RunStory, withinMs: number, livesFromMs = 0): readonly string[] {
  const { writes, tasks, nowMs } = story;
  const last = tasks.at(-1);
  if (last === undefined || last.stoppedMs === Infinity) return [];
  const dueMs = Math.max(last.stoppedMs, livesFromMs) + withinMs;
  const then = writes.findLast(({ atMs }) => atMs <= dueMs);
  if (
    nowMs < dueMs ||
    then === undefined ||
    writes.some((write) => write.atMs > last.createdMs && beginsAnew(write))
  )
    return [];
  const isOpen = then.state.type === 'RUNNING' || then.state.type === 'CANCELLING';
  return isOpen
    ? [`I10: ${then.state.name} ${withinMs / 1000} s after its task has stopped (${told(story)})`]
    : [];
}

/** After another claim or a user's retry, states no longer belong to this task. */
const beginsAnew = ({ launchId, by, state }: Write): boolean =>
  launchId !== undefined || (by === 'user' && state.type === 'SCHEDULED');
