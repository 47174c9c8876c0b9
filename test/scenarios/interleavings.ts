import fc from 'fast-check';
import { z } from 'zod';
import { drawnPlot } from './plots/drawing.ts';
import { foundEarlier } from './plots/examples.ts';
import { play } from './plots/play.ts';
import type { Plot } from './plots/plot.ts';

const Environment = z.object({
  SCHEDULES: z.coerce.number().int().positive().optional(),
  SCHEDULES_SEED: z.coerce.number().int().optional(),
  PLOT: z.string().optional(),
});

/**
 * Plays drawn plots. `SCHEDULES` and `SCHEDULES_SEED` choose how many and which, for a longer look by hand; `PLOT` has one
 * as JSON, as it was printed when it failed, and tells all of it.
 */
export async function playMany(usually: number, observes: boolean, usualSeed = 20_261_125): Promise<void> {
  const {
    SCHEDULES: numRuns = usually,
    SCHEDULES_SEED: seed = usualSeed,
    PLOT: plot,
  } = Environment.parse(process.env);
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0; // a stack for each timer that is called off is a tenth of the whole
  try {
    // What was printed is a plot.
    if (plot !== undefined)
      return await playWell(JSON.parse(plot) as Plot, observes, (line) => console.log(line));
    const begunMs = performance.now();
    await fc.assert(
      fc.asyncProperty(drawnPlot, (drawn) => playWell(drawn, observes)),
      { numRuns, seed, examples: foundEarlier.map((found) => [found]) },
    );
    const seconds = (performance.now() - begunMs) / 1000;
    console.log(`${numRuns} plots in ${seconds.toFixed(0)} s, ${(numRuns / seconds).toFixed(1)} a second`);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

async function playWell(plot: Plot, observes: boolean, say?: (line: string) => void): Promise<void> {
  const problems = await play(plot, observes, say);
  if (problems.length > 0) throw new Error(problems.join('\n'));
}
