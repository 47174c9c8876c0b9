import { expect, it } from 'vitest';
import { PrefectApiError } from '../core/prefect/api-error.ts';
import { ManualClock } from '../kernel/manual-clock.ts';
import { AdoptionLane } from './adoption-lane.ts';

function laneWith(clock: ManualClock) {
  const stopped = new AbortController();
  const lane = new AdoptionLane(clock, stopped.signal);
  let busy = 0;
  let most = 0;
  const begun: number[] = [];
  const call = (nth: number, fails = false): Promise<void> =>
    lane.call(async () => {
      begun.push(nth);
      busy += 1;
      most = Math.max(most, busy);
      await clock.sleep(100, new AbortController().signal);
      busy -= 1;
      if (fails)
        throw new PrefectApiError({ status: 503, method: 'GET', path: '/', detail: undefined });
    });
  const mostOf = async (calls: number): Promise<number> => {
    most = 0;
    const all = Promise.all(Array.from({ length: calls }, (_, nth) => call(nth)));
    await clock.elapse(10_000);
    await all;
    return most;
  };
  return { call, mostOf, begun, stopped };
}

it('The adoption lane lets eight calls run at once and the others follow in order', async () => {
  const clock = new ManualClock();
  const { mostOf, begun } = laneWith(clock);
  expect(await mostOf(20)).toBe(8);
  expect(begun).toEqual([...begun].sort((one, other) => one - other));
});

it('The adoption lane halves its calls after trouble and adds one every 10 s without', async () => {
  const clock = new ManualClock();
  const { call, mostOf } = laneWith(clock);
  const failing = expect(call(0, true)).rejects.toThrow('503');
  await clock.elapse(100);
  await failing;
  expect(await mostOf(20)).toBe(4);
  expect(await mostOf(20)).toBe(5);
  await clock.elapse(60_000);
  expect(await mostOf(20)).toBe(8);
});

it('The adoption lane always lets at least one call run', async () => {
  const clock = new ManualClock();
  const { call, mostOf } = laneWith(clock);
  for (let nth = 0; nth < 6; nth += 1) {
    const failing = expect(call(nth, true)).rejects.toThrow('503');
    await clock.elapse(100);
    await failing;
  }
  expect(await mostOf(3)).toBe(1);
});

it('Calls waiting in the adoption lane are rejected when the worker stops', async () => {
  const clock = new ManualClock();
  const { call, stopped } = laneWith(clock);
  const calls = Promise.allSettled(Array.from({ length: 9 }, (_, nth) => call(nth)));
  await clock.elapse(10);
  stopped.abort(new Error('stop'));
  await clock.elapse(100);
  expect((await calls).map(({ status }) => status)).toEqual([
    ...Array<string>(8).fill('fulfilled'),
    'rejected',
  ]);
  await expect(call(10)).rejects.toThrow('stop');
});
