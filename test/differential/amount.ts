import { z } from 'zod';

const Amount = z.object({
  DIFFERENTIAL_CASES: z.coerce.number().int().positive().default(5_000),
  DIFFERENTIAL_SEED: z.coerce.number().int().default(20_261_124),
});

const amount = Amount.parse(process.env);

/** Cases of each comparison. CI draws the default; by hand use 50,000. */
export const cases = amount.DIFFERENTIAL_CASES;

/** The same seed draws the same cases. */
export const seed = amount.DIFFERENTIAL_SEED;
