import fc from 'fast-check';
import { z } from 'zod';
import { drawnPlot } from './plots/drawing.ts';
import { foundEarlier } from './plots/examples.ts';
import { byAnOlderWorker } from './plots/blame.ts';
import { play } from './plots/play.ts';
import type { PlayOptions } from './plots/players.ts';
import type { Plot } from './plots/plot.ts';

const Environment = z.object({
  SCHEDULES: z.coerce.number().int().positive().optional(),
  SCHEDULES_SEED: z.coerce.number().int().optional(),
  PLOT: z.string().optional(),
  OLDER_CHECKOUT: z.string().optional(),
});

/**
 * Plays drawn plots. `SCHEDULES` and `SCHEDULES_SEED` choose how many and which, for a longer look
 * by hand; `PLOT` has one as JSON, as it was printed when it failed, and tells all of it.
 * `OLDER_CHECKOUT` is the folder of an earlier version, installed, whose code the second worker
 * runs: what it does wrong is counted and shown, and does not fail.
 */
export async function playMany(
  usually: number,
  observes: boolean,
  usualSeed = 20_261_125,
): Promise<void> {
  const {
    SCHEDULES: numRuns = usually,
    SCHEDULES_SEED: seed = usualSeed,
    PLOT: plot,
    OLDER_CHECKOUT: olderCheckout,
  } = Environment.parse(process.env);
  const options = { observes, olderCheckout };
  const older: string[] = [];
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0; // a stack for each timer that is called off is a tenth of the whole
  try {
    // What was printed is a plot.
    if (plot !== undefined)
      return await playWell(JSON.parse(plot) as Plot, options, older, (line) => console.log(line));
    const begunMs = performance.now();
    await fc.assert(
      fc.asyncProperty(drawnPlot, (drawn) => playWell(drawn, options, older)),
      { numRuns, seed, examples: foundEarlier.map((found) => [found]) },
    );
    const seconds = (performance.now() - begunMs) / 1000;
    console.log(
      `${numRuns} plots in ${seconds.toFixed(0)} s, ${(numRuns / seconds).toFixed(1)} a second`,
    );
    if (olderCheckout !== undefined)
      console.log(["Of the older worker's doing:", ...kindsOf(older)].join('\n'));
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

async function playWell(
  plot: Plot,
  options: PlayOptions,
  older: string[],
  say?: (line: string) => void,
): Promise<void> {
  const wrongs = await play(plot, options, say);
  const theirs = options.olderCheckout === undefined ? [] : wrongs.filter(byAnOlderWorker);
  older.push(...theirs.map(({ text }) => text));
  const ours = wrongs.filter((wrong) => !theirs.includes(wrong));
  if (ours.length > 0) throw new Error(ours.map(({ text }) => text).join('\n'));
}

/** Invariant by invariant: how often, and the first. */
function kindsOf(texts: readonly string[]): readonly string[] {
  const kinds = new Map<string, string[]>();
  for (const text of texts) {
    const [kind = ''] = /^[A-Z]\d+|^ended \w+/.exec(text) ?? ['other'];
    kinds.set(kind, [...(kinds.get(kind) ?? []), text]);
  }
  return [...kinds.values()].map((all) => `${all.length} times ${all[0] ?? ''}`);
}
