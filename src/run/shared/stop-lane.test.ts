import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../kernel/manual-clock.ts';
import { StopLane } from './stop-lane.ts';

const never = new AbortController().signal;
const task = (at: number, key = 'one') => ({
  clusterArn: 'cluster',
  taskArn: `task-${at}`,
  session: { key },
});

/** How long each of these waits for its turn, in milliseconds. */
async function waits(lane: StopLane, clock: ManualClock, tasks: readonly ReturnType<typeof task>[]) {
  const startedMs = clock.monotonicMs();
  const waited: number[] = [];
  const turns = tasks.map(async (one, at) => {
    await lane.turn(one, never);
    waited[at] = clock.monotonicMs() - startedMs;
  });
  await clock.elapse(60_000);
  await Promise.all(turns);
  return waited;
}

describe('The lane of calls that stop tasks', () => {
  it('lets first tries go at once, also while two others were denied', async () => {
    const clock = new ManualClock();
    const lane = new StopLane(clock);
    lane.denied(task(1));
    lane.denied(task(2));

    expect(await waits(lane, clock, [task(3), task(4), task(5)])).toEqual([0, 0, 0]);
  });

  it('paces a repetition, and everything of the session once three tasks were denied: one call in two seconds', async () => {
    const clock = new ManualClock();
    const lane = new StopLane(clock);
    for (const at of [1, 2, 3]) lane.denied(task(at));

    expect(await waits(lane, clock, [task(1), task(4), task(5), task(4, 'other')])).toEqual([
      0, 2_000, 4_000, 0,
    ]);
  });

  it('is free again as soon as one is allowed', async () => {
    const clock = new ManualClock();
    const lane = new StopLane(clock);
    for (const at of [1, 2, 3, 4]) lane.denied(task(at));
    lane.allowed(task(2));

    expect(await waits(lane, clock, [task(1), task(5)])).toEqual([0, 0]);
  });
});
