// Bundles the sources that a bench measures as the published files are bundled.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { root } from '../scripts/lib/project.mjs';

/** Bundles and imports `bench/<name>-entry.ts`. */
export async function bundled(name) {
  const dir = join(root, `.cache/bench-${name}`);
  mkdirSync(dir, { recursive: true });
  const bundler = await rolldown({
    input: join(root, `bench/${name}-entry.ts`),
    platform: 'node',
    resolve: { mainFields: ['module', 'main'] },
    transform: { target: 'node20' }, // Node 20 has no `using`
  });
  await bundler.write({ dir, format: 'esm', entryFileNames: 'entry.mjs' });
  await bundler.close();
  return import(pathToFileURL(join(dir, 'entry.mjs')).href);
}
