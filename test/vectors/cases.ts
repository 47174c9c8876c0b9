import { readFileSync } from 'node:fs';
import { z } from 'zod';

const folder = new URL('./cases/', import.meta.url);

const Case = z.looseObject({
  id: z.string(),
  title: z.string(),
  needs: z.array(z.string()).optional(),
});

/**
 * The cases of a group. Those that need the text of a number cannot be told from `JSON.parse`: they
 * are left out, aloud.
 */
export function casesOf<T extends z.ZodType>(
  group: string,
  schema: T,
): readonly (z.infer<typeof Case> & z.infer<T>)[] {
  const all = z.array(z.intersection(Case, schema)).parse(readJson(`${group}.json`));
  const told = all.filter((one) => one.needs?.includes('number-source') !== true);
  if (told.length < all.length) {
    console.warn(
      `${group}: ${all.length - told.length} of ${all.length} cases need the text of a number and are left out`,
    );
  }
  return told;
}

export function readJson(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
}
