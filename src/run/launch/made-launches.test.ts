import { expect, it } from 'vitest';
import { ManualClock } from '../../kernel/manual-clock.ts';
import { MadeLaunches } from './made-launches.ts';

it('Few launches of a claim are searched for at a time, however long it waits', async () => {
  const clock = new ManualClock();
  const launches = new MadeLaunches(clock);
  const lookedFor: number[] = [];
  for (let attempt = 2; attempt < 300; attempt += 1) {
    lookedFor.push(attempt - launches.lookFrom(attempt) + 1);
    launches.made(attempt);
    await clock.elapse(60_000);
  }

  expect(Math.max(...lookedFor)).toBeLessThanOrEqual(20);
  // once every ten minutes
  expect(lookedFor.filter((count) => count > 3).length).toBeLessThanOrEqual(30);
});

it('A launch is searched for until ECS would have shown its task', async () => {
  const clock = new ManualClock();
  const launches = new MadeLaunches(clock);
  launches.lookFrom(1);
  launches.made(1);
  for (const attempt of [2, 3, 4, 5]) launches.made(attempt);
  await clock.elapse(4 * 60_000);
  expect(launches.lookFrom(6)).toBe(4);
  await clock.elapse(6 * 60_000);
  expect(launches.lookFrom(6)).toBe(1); // all of them again
  await clock.elapse(10 * 60_000);

  expect(launches.lookFrom(7)).toBe(5);
});
