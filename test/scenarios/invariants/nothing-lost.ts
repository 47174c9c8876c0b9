import { told, type RunStory, type Write } from '../run-story.ts';

/** What a look and its repair may take with a slow Prefect; 10 s with a quick one. */
const repairedWithinMs = 150_000;

/**
 * I5: no state of ours ends a run that went on: what others wrote meanwhile is written again,
 * within a look and a write.
 */
export function lostStates(story: RunStory): readonly string[] {
  return story.writes.flatMap((write, at) => {
    if (write.by !== 'worker' || write.isRestored || isRepaired(story, at)) return [];
    const lost = lostBy(write, story.writes.slice(0, at));
    return lost === undefined
      ? []
      : [`I5: ${write.state.name} of ours lies over ${lost} (${told(story)})`];
  });
}

function isRepaired({ writes, nowMs }: RunStory, at: number): boolean {
  const [ours, next] = [writes[at], writes[at + 1]];
  return (next?.atMs ?? nowMs) - (ours?.atMs ?? 0) <= repairedWithinMs;
}

function lostBy({ state }: Write, before: readonly Write[]): string | undefined {
  const last = before.at(-1)?.state;
  if (state.type === 'CRASHED') {
    // What a late claim makes of a wait for a retry, where all slots are taken.
    const waited = before.findLast(
      (write) => write.state.name !== 'AwaitingConcurrencySlot',
    )?.state;
    return waited?.type === 'SCHEDULED' && waited.name !== 'AwaitingRetry' ? last?.name : undefined;
  }
  if (state.type === 'CANCELLED')
    return isCancelled(before) || /deployment/i.test(state.message ?? '') ? undefined : last?.name;
  if (state.type === 'SCHEDULED')
    return last?.type === 'PENDING' || last?.type === 'CRASHED' ? undefined : last?.name;
  return undefined;
}

function isCancelled(before: readonly Write[]): boolean {
  const at = before.findLastIndex(
    ({ state }) => state.type === 'CANCELLING' || state.type === 'CANCELLED',
  );
  const ends = ['SCHEDULED', 'COMPLETED', 'FAILED', 'CRASHED'];
  return at >= 0 && !before.slice(at).some(({ state }) => ends.includes(state.type));
}
