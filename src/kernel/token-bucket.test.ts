import { describe, expect, it } from 'vitest';
import { ManualClock } from './manual-clock.ts';
import { TokenBucket } from './token-bucket.ts';

describe('TokenBucket', () => {
  it('provides its burst at once, then tokens at its rate', async () => {
    const clock = new ManualClock();
    const bucket = new TokenBucket(clock, 2, 4);

    expect([1, 2, 3].map(() => bucket.tryTake())).toEqual([true, true, false]);
    await clock.elapse(249);
    expect(bucket.tryTake()).toBe(false);
    await clock.elapse(1);
    expect(bucket.tryTake()).toBe(true);
  });

  it('provides a returned token again', () => {
    const bucket = new TokenBucket(new ManualClock(), 1, 0.001);
    bucket.tryTake();

    bucket.giveBack();

    expect(bucket.tryTake()).toBe(true);
    expect(bucket.tryTake()).toBe(false);
  });
});
