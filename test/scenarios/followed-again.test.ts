import { describe, expect, it } from 'vitest';
import { bounds, goings, secondsUntilFollowed } from './followed-again.ts';

/**
 * `DEATHS=200 npx vitest run --project scenarios test/scenarios/followed-again.test.ts` plays 200
 * deaths of each kind and prints the table of worker.md 9.8.7. Add `LIVE_RUNS=10000 READ_MS=300` to
 * play them beside 10,000 live runs of other workers, with reads that take 300 ms.
 */
const deaths = Number(process.env['DEATHS'] ?? '2');
const fleet = {
  liveRuns: Number(process.env['LIVE_RUNS'] ?? '0'),
  readMs: Number(process.env['READ_MS'] ?? '0'),
};
/** Seconds that one listing takes: 200 runs a page, one page after the other. */
const pagesSeconds = (Math.ceil(fleet.liveRuns / 200) * fleet.readMs) / 1000;

describe('A task whose follower is gone is followed again', () => {
  it.each(goings)(
    'within the bound after: %s',
    async (going) => {
      const seconds: number[] = [];
      for (let seed = 1; seed <= deaths; seed += 1)
        seconds.push(await secondsUntilFollowed(going, seed, fleet));
      seconds.sort((one, other) => one - other);
      const middle = seconds[Math.floor(seconds.length / 2)] ?? Infinity;
      const worst = seconds.at(-1) ?? Infinity;
      const bound = bounds[going].seconds + pagesSeconds;
      if (deaths > 2) console.log(`| ${going} | ${middle} | ${worst} | ${bound} |`);
      expect(worst).toBeLessThanOrEqual(bound);
    },
    3_600_000,
  );
});
