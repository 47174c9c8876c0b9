import { told, type RunStory, type Write } from '../run-story.ts';

/** The longest that a look and its repair take: 10 s, with a slow Prefect this long. */
const repairedWithinMs = 150_000;

/**
 * I5: no state of a worker ends a run that went on. A state that it overwrote is restored within a
 * look and a write.
 */
export function lostStates(story: RunStory): readonly string[] {
  return story.writes.flatMap((write, at) => {
    if (write.by !== 'worker' || write.isRestored || isRepaired(story, at)) return [];
    const lost = lostBy(write, story.writes.slice(0, at));
    return lost === undefined
      ? []
      : [`I5: the worker's ${write.state.name} replaced ${lost} (${told(story)})`];
  });
}

function isRepaired({ writes, nowMs }: RunStory, at: number): boolean {
  const [ours, next] = [writes[at], writes[at + 1]];
  return (next?.atMs ?? nowMs) - (ours?.atMs ?? 0) <= repairedWithinMs;
}

function lostBy({ state }: Write, before: readonly Write[]): string | undefined {
  const last = before.at(-1)?.state;
  if (state.type === 'CRASHED') {
    // A late claim turns a wait for a retry into this state when all slots are taken.
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
