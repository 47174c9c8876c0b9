import { describe, expect, it } from 'vitest';
import { ManualClock } from './manual-clock.ts';
import { TokenBucket } from './token-bucket.ts';

const never = new AbortController().signal;

describe('TokenBucket', () => {
  it('gives its burst at once and then one token after another at its rate', async () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket(clock, 2, 4);
    const takenAtMs: number[] = [];
    const takers = Array.from({ length: 5 }, async () => {
      await bucket.take(never);
      takenAtMs.push(clock.monotonicMs());
    });

    await clock.elapse(1_000);
    await Promise.all(takers);

    expect(takenAtMs).toEqual([0, 0, 250, 500, 750]);
  });

  it('gives a returned token to the next', async () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket(clock, 1, 0.001);
    await bucket.take(never);

    bucket.giveBack();

    expect(bucket.tryTake()).toBe(true);
    expect(bucket.tryTake()).toBe(false);
  });

  it('serves the next waiter when the one before it gave up', async () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket(clock, 1, 1);
    const stop = new AbortController();
    await bucket.take(never);
    const impatient = bucket.take(stop.signal);
    const patient = bucket.take(never);

    stop.abort(new Error('gone'));
    await expect(impatient).rejects.toThrow('gone');
    await clock.elapse(1_000);

    await expect(patient).resolves.toBeUndefined();
  });
});
