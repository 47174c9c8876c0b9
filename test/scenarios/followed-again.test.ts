import { describe, expect, it } from 'vitest';
import { bounds, goings, secondsUntilFollowed } from './followed-again.ts';

/**
 * `DEATHS=200 npx vitest run --project scenarios test/scenarios/followed-again.test.ts` plays so
 * many of each, and prints the table of worker.md 9.8.7; `LIVE_RUNS=10000 READ_MS=300` beside so
 * many runs of others, with reads that take so long.
 */
const deaths = Number(process.env['DEATHS'] ?? '2');
const fleet = {
  liveRuns: Number(process.env['LIVE_RUNS'] ?? '0'),
  readMs: Number(process.env['READ_MS'] ?? '0'),
};
/** A listing of 10,000 runs is 50 pages, one after the other. */
const pagesSeconds = (Math.ceil(fleet.liveRuns / 200) * fleet.readMs) / 1000;

describe('A task whose follower went is followed again', () => {
  it.each(goings)(
    'within the bound when it was: %s',
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
