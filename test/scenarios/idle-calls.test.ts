import { expect, it } from 'vitest';
import { othersRuns } from './followed-again.ts';
import { World } from './world.ts';

/**
 * `LIVE_RUNS=10000` gives the figures of the docs. `CHECKOUT` names the folder of an earlier
 * version, installed, to compare with.
 */
const liveRuns = Number(process.env['LIVE_RUNS'] ?? '400');
const checkout = process.env['CHECKOUT'];

it(`An idle worker beside ${liveRuns} live runs and three peers makes few calls`, async () => {
  await using world = await World.start({ leaves: { all: 'others’ runs have no task here' } });
  othersRuns(world, liveRuns, ['one', 'two', 'three']);
  const worker = await world.startWorker({ name: 'idle', checkout });
  await world.elapse('15m');
  const before = worker.outside.calls.length;
  await world.elapse('1h');

  const counts: Record<string, number> = {};
  for (const call of worker.outside.calls.slice(before)) counts[call] = (counts[call] ?? 0) + 1;
  console.log(JSON.stringify(counts, undefined, 2));
  const pages = Math.ceil(liveRuns / 200) + 2;
  const ofKind = (pattern: RegExp): number =>
    Object.entries(counts).reduce(
      (sum, [call, count]) => sum + (pattern.test(call) ? count : 0),
      0,
    );
  expect(ofKind(/^aws:/)).toBe(0);
  expect(ofKind(/workers\/filter$/)).toBeLessThanOrEqual(440);
  expect(ofKind(/flow_runs\/filter$/)).toBeLessThanOrEqual(7 * (pages + 1));
  expect(ofKind(/flow_run_states/)).toBe(0);
});
