import { describe, expect, it } from 'vitest';
import { ManualClock } from './manual-clock.ts';

const never = new AbortController().signal;

describe('ManualClock', () => {
  it('wakes sleepers in the order in which they are due', async () => {
    const clock = new ManualClock();
    const woken: string[] = [];
    const note = async (name: string, ms: number): Promise<void> => {
      await clock.sleep(ms, never);
      woken.push(`${name}@${clock.monotonicMs()}`);
    };
    const all = Promise.all([note('late', 30), note('early', 10), note('tie', 30)]);

    await clock.elapse(30);
    await all;

    expect(woken).toEqual(['early@10', 'late@30', 'tie@30']);
  });

  it('lets a woken sleeper sleep again within the same stretch of time', async () => {
    const clock = new ManualClock('2030-01-01T00:00:00.000Z');
    let turns = 0;
    const loop = (async () => {
      for (; turns < 5; turns += 1) await clock.sleep(1_000, never);
    })();

    await clock.elapse(5_000);
    await loop;

    expect(turns).toBe(5);
    expect(clock.now().toISOString()).toBe('2030-01-01T00:00:05.000Z');
  });

  it('rejects a sleep whose signal aborts, with its reason, and forgets the sleeper', async () => {
    const clock = new ManualClock();
    const stop = new AbortController();
    const nap = clock.sleep(1_000, stop.signal);

    stop.abort(new Error('enough'));

    await expect(nap).rejects.toThrow('enough');
    await expect(clock.sleep(1, stop.signal)).rejects.toThrow('enough');
    expect(clock.sleeping).toBe(0);
  });

  it('wakes the remaining sleepers in order after most sleeps were cancelled', async () => {
    const clock = new ManualClock();
    const stop = new AbortController();
    const woken: number[] = [];
    const naps = Array.from({ length: 300 }, (_, at) => {
      const nap = clock.sleep(
        1_000 - 3 * at,
        at % 3 === 0 ? new AbortController().signal : stop.signal,
      );
      return nap.then(() => woken.push(at)).catch(() => undefined);
    });

    stop.abort(new Error('enough'));
    expect(clock.nextDueInMs).toBe(1_000 - 3 * 297);
    await clock.elapse(1_000);
    await Promise.all(naps);

    expect(woken).toEqual(Array.from({ length: 100 }, (_, at) => 297 - 3 * at));
  });
});
