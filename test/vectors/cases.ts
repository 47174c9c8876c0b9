import { readFileSync } from 'node:fs';
import { z } from 'zod';

const folder = new URL('./cases/', import.meta.url);

const Case = z.looseObject({
  id: z.string(),
  title: z.string(),
  needs: z.array(z.string()).optional(),
});

/**
 * Reads the cases of a group. Cases that depend on a number's text are left out, with a warning,
 * since `JSON.parse` loses that text.
 */
export function casesOf<T extends z.ZodType>(
  group: string,
  schema: T,
): readonly (z.infer<typeof Case> & z.infer<T>)[] {
  const all = z.array(z.intersection(Case, schema)).parse(readJson(`${group}.json`));
  const told = all.filter((one) => one.needs?.includes('number-source') !== true);
  if (told.length < all.length) {
    console.warn(
      `${group}: left out ${all.length - told.length} of ${all.length} cases, which need a number's text`,
    );
  }
  return told;
}

export function readJson(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
}
