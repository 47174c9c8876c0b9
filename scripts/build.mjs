// Builds dist: bundles without runtime dependencies, declarations, and the licences of bundled
// packages.
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, join } from 'node:path';
import { filesBelow, main, root, run, tool } from './lib/project.mjs';

/** proxy-agent loads it only for proxies with Kerberos, and only if it is installed. */
const optional = ['kerberos'];

await main(async () => {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  const { rolldown } = await import('rolldown');
  const { default: bundles } = await import('../rolldown.config.mjs');
  const packages = new Set();
  for (const { output, ...input } of bundles) {
    const bundle = await rolldown({ ...input, cwd: root });
    const { output: chunks } = await bundle.write(output);
    await bundle.close();
    for (const chunk of chunks) {
      if (chunk.type !== 'chunk') continue;
      refuseDependencies(chunk);
      for (const id of chunk.moduleIds) packages.add(packageFolderOf(id));
    }
  }
  packages.delete(undefined);
  writeFileSync(join(root, 'dist', 'THIRD-PARTY-LICENSES.txt'), licencesOf([...packages].sort()));
  chmodSync(join(root, 'dist', 'main.js'), 0o755);
  await run(tool('tsc'), ['-p', 'tsconfig.build.json']);
  rewriteDeclarations();
});

/** Fails if a published file imports anything but Node's modules and its own chunks. */
function refuseDependencies(chunk) {
  const isForeign = (name) =>
    !name.startsWith('node:') && !builtinModules.includes(name) && !name.endsWith('.js');
  const foreign = [
    ...chunk.imports.filter(isForeign),
    ...chunk.dynamicImports.filter((name) => isForeign(name) && !optional.includes(name)),
  ];
  if (foreign.length > 0)
    throw new Error(`${chunk.fileName} would need ${foreign.join(', ')} at run time`);
}

function packageFolderOf(id) {
  const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id.replace(/^\0/, ''));
  return match?.[1];
}

function licencesOf(folders) {
  return folders
    .map((folder) => {
      const { name, version, license, licenses } = JSON.parse(
        readFileSync(join(folder, 'package.json'), 'utf8'),
      );
      const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
      const kind = license ?? licenses?.map?.((entry) => entry.type).join(', ') ?? 'see below';
      const text =
        file === undefined ? '' : `\n\n${readFileSync(join(folder, file), 'utf8').trim()}`;
      return `${name} ${version} (${typeof kind === 'string' ? kind : kind.type})${text}\n`;
    })
    .join(`\n${'-'.repeat(78)}\n\n`);
}

/** Replaces `.ts` in the declarations' imports by the names of published files. */
function rewriteDeclarations() {
  const folder = join(root, 'dist');
  for (const path of filesBelow(folder).filter((name) => name.endsWith('.d.ts'))) {
    const text = readFileSync(path, 'utf8');
    const rewritten = text.replace(
      /(from\s+|import\()(['"])(\.[^'"]+)\.ts\2/g,
      (_, start, quote, target) => {
        if (!existsSync(join(dirname(path), `${target}.d.ts`)))
          throw new Error(`${path} names ${target}.ts, which is not published`);
        return `${start}${quote}${target}.js${quote}`;
      },
    );
    if (rewritten !== text) writeFileSync(path, rewritten);
  }
}
