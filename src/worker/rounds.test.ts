import { describe, expect, it } from 'vitest';
import { silentLogger } from '../kernel/logger.ts';
import { ManualClock } from '../kernel/manual-clock.ts';
import { seededRandom } from '../kernel/random.ts';
import { Rounds } from './rounds.ts';

const minute = 60_000;

/** Rounds that take this long and fail this often at first; notes in seconds when each begins. */
function roundsThat({ failures = 0, takesMs = 0, isMute = false, isEmpty = true }) {
  const clock = new ManualClock();
  const startMs = clock.monotonicMs();
  const begun: number[] = [];
  let left = failures;
  const rounds = new Rounds(
    { clock, random: seededRandom(1), workerLog: silentLogger },
    {
      adoption: {
        round: async (signal) => {
          begun.push(Math.round((clock.monotonicMs() - startMs) / 1000));
          await clock.sleep(takesMs, signal);
          left -= 1;
          if (left >= 0) throw new Error('ill');
        },
      },
      whoLives: { isAnybodyMute: () => isMute },
      provisional: { isEmpty },
    },
  );
  const stop = new AbortController();
  const ended = rounds.run(stop.signal).catch(() => undefined);
  const end = async (): Promise<void> => {
    stop.abort(new Error('over'));
    await ended;
  };
  return { clock, rounds, begun, end };
}

describe('Rounds', () => {
  it('Runs are listed at the start and every ten minutes', async () => {
    const { clock, begun, end } = roundsThat({});
    await clock.elapse(21 * minute);
    expect(begun).toEqual([0, 600, 1_200]);
    await end();
  });

  it.each([{ isMute: true }, { isEmpty: false }])(
    'Runs are listed every two minutes while %j',
    async (facts) => {
      const { clock, begun, end } = roundsThat(facts);
      await clock.elapse(5 * minute);
      expect(begun).toEqual([0, 120, 240]);
      await end();
    },
  );

  it('Runs are listed at once when a worker died, and again if that happens during a round', async () => {
    const { clock, rounds, begun, end } = roundsThat({ takesMs: 5_000 });
    await clock.elapse(minute);
    rounds.hurry();
    await clock.elapse(2_000);
    rounds.hurry();
    await clock.elapse(minute);
    expect(begun).toEqual([0, 60, 65]);
    await end();
  });

  it('Runs are listed a minute after a run was dropped, and later each time it is dropped again', async () => {
    const { clock, rounds, begun, end } = roundsThat({});
    for (let times = 0; times < 3; times += 1) {
      await clock.elapse(1_000);
      rounds.takeUpAgain('run');
      await clock.elapse(4 * minute);
    }
    rounds.takeUpAgain('another');
    await clock.elapse(minute);
    expect(begun).toEqual([0, 61, 362, 723, 783]);
    await end();
  });

  it('The first listing is retried, soon at first, until it has worked once', async () => {
    const { clock, rounds, begun, end } = roundsThat({ failures: 8 });
    let hasBegun = false;
    void rounds.begun.then(() => (hasBegun = true));
    await clock.elapse(20_000);
    expect(hasBegun).toBe(false);
    expect(begun.length).toBeGreaterThanOrEqual(4);
    await clock.elapse(4 * minute);
    expect(hasBegun).toBe(true);
    await end();
  });
});
