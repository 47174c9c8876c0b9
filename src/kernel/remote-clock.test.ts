import { expect, it } from 'vitest';
import { ManualClock } from './manual-clock.ts';
import { RemoteClock } from './remote-clock.ts';

it('A server that is ten minutes ahead ages its own timestamps by its own clock', async () => {
  const clock = new ManualClock();
  const server = new RemoteClock(clock);
  const ahead = new Date(clock.now().getTime() + 600_000);
  server.note(ahead.toUTCString());
  await clock.elapse(30_000);

  expect(server.now().getTime()).toBe(Math.floor(ahead.getTime() / 1000) * 1000 + 30_000);
  expect(server.ageMs(new Date(ahead.getTime() + 10_000).toISOString())).toBeGreaterThan(19_000);
});

it('Before the first answer our own time counts, and an invalid header changes nothing', () => {
  const clock = new ManualClock();
  const server = new RemoteClock(clock);
  for (const header of [undefined, null, 'soon']) server.note(header);

  expect(server.now()).toEqual(clock.now());
  expect(server.ageMs(undefined)).toBe(0);
  expect(server.ageMs(new Date(clock.now().getTime() + 5_000))).toBe(0);
});
