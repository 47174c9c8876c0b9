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
 * Plays drawn plots and throws when one breaks an invariant. By hand, `SCHEDULES` sets how many are
 * drawn and `SCHEDULES_SEED` which ones. `PLOT` plays a single plot, as JSON that a failure
 * printed, and logs all of it. `OLDER_CHECKOUT` names the folder of an earlier version, installed,
 * whose code the second worker runs: that worker's violations are counted and shown, not thrown.
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
  Error.stackTraceLimit = 0; // stack traces of cancelled timers cost a tenth of the time
  try {
    // PLOT is JSON that this function printed, so it has a plot's shape.
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
      console.log(['Violations by the older worker:', ...kindsOf(older)].join('\n'));
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

/** One line per invariant: how often it was broken, and the first case. */
function kindsOf(texts: readonly string[]): readonly string[] {
  const kinds = new Map<string, string[]>();
  for (const text of texts) {
    const [kind = ''] = /^[A-Z]\d+|^ended \w+/.exec(text) ?? ['other'];
    kinds.set(kind, [...(kinds.get(kind) ?? []), text]);
  }
  return [...kinds.values()].map((all) => `${all.length} times ${all[0] ?? ''}`);
}
