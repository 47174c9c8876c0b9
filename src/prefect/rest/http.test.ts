import { expect, it } from 'vitest';
import type { Clock } from '../../kernel/clock.ts';
import { ManualClock } from '../../kernel/manual-clock.ts';
import { anHttp } from './an-http.test-support.ts';

const never = new AbortController().signal;

/** A client whose every request is lost, on a clock that jumps by so much while it waits: the process stands still. */
function clientThatStandsStill(ms: number) {
  const clock = new ManualClock();
  let stoodStillMs = 0;
  const jumping: Clock = {
    now: () => clock.now(),
    monotonicMs: () => clock.monotonicMs() + stoodStillMs,
    sleep: async (waitMs, signal) => {
      await clock.sleep(waitMs, signal);
      if (waitMs < 60_000) stoodStillMs += ms; // not the time that a request may take
    },
  };
  let requests = 0;
  const http = anHttp({
    maxRetries: 5,
    fetch: () => {
      requests += 1;
      return Promise.reject(new Error('reset'));
    },
    clock: jumping,
  });
  return { http, clock, requests: () => requests };
}

it.each([
  ['within the time that the caller gives it', 0, 3],
  ['not at all when the process stood still beyond it', 70_000, 1],
])('repeats a lost request %s', async (_how, stoodStillMs, expected) => {
  const { http, clock, requests } = clientThatStandsStill(stoodStillMs);
  const sent = http
    .send({ method: 'POST', path: '/claim', body: {}, retryWithinMs: 10_000 }, never)
    .catch((error: unknown) => error);

  await clock.elapse(60_000);

  expect(await sent).toBeInstanceOf(Error);
  expect(requests()).toBe(expected);
});
