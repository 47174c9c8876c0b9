import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';

const folder = new URL('../vectors/cases/', import.meta.url);

it('The vectors equal the copied ones byte for byte', () => {
  const manifest = z
    .record(z.string(), z.string())
    .parse(JSON.parse(readFileSync(new URL('manifest.json', folder), 'utf8')));

  const changed = Object.entries(manifest).filter(
    ([name, hash]) =>
      createHash('sha256')
        .update(readFileSync(new URL(name, folder)))
        .digest('hex') !== hash,
  );

  expect(changed).toEqual([]);
});
