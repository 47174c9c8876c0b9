import { describe, expect, it } from 'vitest';
import { ManualClock } from '../kernel/manual-clock.ts';
import { RateBucket, type Priority } from './rate-bucket.ts';

const never = new AbortController().signal;

/** Takes tokens and records who received one and when. */
function takers(
  clock: ManualClock,
  bucket: RateBucket,
  asked: readonly Priority[],
  signal = never,
) {
  const got: string[] = [];
  for (const priority of asked)
    void bucket.take(priority, signal).then(
      () => got.push(`${priority} ${clock.monotonicMs()}`),
      () => got.push(`${priority} gave up`),
    );
  return got;
}

describe('A rate limit bucket', () => {
  it('gives its burst at once, then one token after another at its rate', async () => {
    const clock = new ManualClock();
    const bucket = new RateBucket(clock, { burst: 2, perSecond: 4 });
    const got = takers(clock, bucket, ['launch', 'launch', 'launch', 'launch', 'launch']);

    await clock.elapse(1_000);

    expect(got).toEqual([0, 0, 250, 500, 750].map((ms) => `launch ${ms}`));
    expect(bucket.waiting).toBe(0);
  });

  it('serves cancellations, launches, sweeps and logs in this order', async () => {
    const clock = new ManualClock();
    const bucket = new RateBucket(clock, { burst: 1, perSecond: 1 });
    const got = takers(clock, bucket, ['launch', 'logs', 'sweep', 'launch', 'cancel']);

    expect(bucket.waiting).toBe(4);
    await clock.elapse(4_000);

    expect(got).toEqual(['launch 0', 'cancel 1000', 'launch 2000', 'sweep 3000', 'logs 4000']);
  });

  it('gives a returned token to a waiter at once', async () => {
    const clock = new ManualClock();
    const bucket = new RateBucket(clock, { burst: 1, perSecond: 0.001 });
    const got = takers(clock, bucket, ['launch', 'launch']);
    await clock.elapse(0);

    bucket.giveBack();
    await clock.elapse(0);

    expect(got).toEqual(['launch 0', 'launch 0']);
  });

  it('serves the next waiter when one aborts, and sleeps only while calls wait', async () => {
    const clock = new ManualClock();
    const bucket = new RateBucket(clock, { burst: 1, perSecond: 1 });
    const stop = new AbortController();
    await bucket.take('launch', never);
    const impatient = takers(clock, bucket, ['cancel', 'cancel'], stop.signal);
    const patient = takers(clock, bucket, ['launch']);

    stop.abort(new Error('gone'));
    await clock.elapse(1_000);

    expect([...impatient, ...patient]).toEqual(['cancel gave up', 'cancel gave up', 'launch 1000']);
    expect(clock.sleeping).toBe(0);
    await expect(bucket.take('launch', stop.signal)).rejects.toThrow('gone');
  });

  it('halves its rate once for throttles that arrive together, and recovers slowly', async () => {
    const clock = new ManualClock();
    const bucket = new RateBucket(clock, { burst: 10, perSecond: 10 });
    bucket.throttled();
    bucket.throttled();
    const got = takers(
      clock,
      bucket,
      Array.from({ length: 1_000 }, () => 'launch' as const),
    );
    const between = (fromMs: number, toMs: number): number =>
      got.filter(
        (told) => Number(told.split(' ')[1]) > fromMs && Number(told.split(' ')[1]) <= toMs,
      ).length;

    await clock.elapse(60_000);

    expect(bucket.throttles).toBe(2);
    expect(between(0, 1_000)).toBe(5);
    expect(between(15_000, 16_000)).toBe(8);
    expect(between(40_000, 50_000)).toBe(100);
  });

  it('never slows down to zero', async () => {
    const clock = new ManualClock();
    const bucket = new RateBucket(clock, { burst: 16, perSecond: 16 });
    for (let times = 0; times < 20; times += 1) {
      bucket.throttled();
      await clock.elapse(1_000);
    }
    const got = takers(clock, bucket, ['launch']);

    await clock.elapse(2_000);

    expect(got).toHaveLength(1);
  });
});
