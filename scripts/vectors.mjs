// Copies test vectors from a folder into the project, so that it stands alone, with a manifest of
// hashes. A test compares the copies with the manifest.
// Usage: node scripts/vectors.mjs FOLDER
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { filesBelow, main, root } from './lib/project.mjs';

await main(() => {
  const source = process.argv[2];
  if (source === undefined)
    throw new Error('Give the folder to copy from: node scripts/vectors.mjs FOLDER');
  const target = join(root, 'test', 'vectors', 'cases');
  rmSync(target, { recursive: true, force: true });
  const manifest = {};
  for (const path of filesBelow(source)) {
    const name = relative(source, path);
    mkdirSync(dirname(join(target, name)), { recursive: true });
    copyFileSync(path, join(target, name));
    manifest[name] = createHash('sha256').update(readFileSync(path)).digest('hex');
  }
  writeFileSync(join(target, 'manifest.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
});
