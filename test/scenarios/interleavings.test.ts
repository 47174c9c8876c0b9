import fc from 'fast-check';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { drawnPlot, play } from './interleavings.ts';

const { SCHEDULES: schedules, SCHEDULES_SEED: seed } = z
  .object({
    SCHEDULES: z.coerce.number().int().positive().default(600),
    SCHEDULES_SEED: z.coerce.number().int().default(20_261_125),
  })
  .parse(process.env);

it(`whatever happens, in whatever order, every run has its one end (${schedules} schedules, seed ${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(drawnPlot, async (plot) => {
      expect(await play(plot)).toEqual([]);
    }),
    { numRuns: schedules, seed },
  );
});
