import { told, type RunStory, type Write } from '../run-story.ts';

/**
 * I10: so long after the STOPPED of its last task a run has its end. 90 s when it is followed, and
 * nothing is ill; where its follower died (I9), the time until it is followed again more, from when
 * a worker lives for good.
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

/** Another claim, or a user who has it run again: what comes then is not of this task. */
const beginsAnew = ({ launchId, by, state }: Write): boolean =>
  launchId !== undefined || (by === 'user' && state.type === 'SCHEDULED');
