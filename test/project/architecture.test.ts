import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from './sources.ts';

const page = readFileSync(join(projectRoot, 'docs', 'architecture.md'), 'utf8');

it('The architecture picture matches the current imports', () => {
  const checked = spawnSync('node', ['scripts/architecture-picture.mjs', '--check'], {
    cwd: projectRoot,
  });

  expect(checked.status, 'run `npm run picture`').toBe(0);
});

it('The architecture page names only files that exist', () => {
  const named = [...page.matchAll(/`((?:[a-z-]+\/)+[a-z.-]+\.(?:ts|mjs))`/g)].map(
    ([, path = '']) => path,
  );
  const isThere = (path: string): boolean =>
    ['', 'src'].some((folder) => existsSync(join(projectRoot, folder, path)));

  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((path) => !isThere(path))).toEqual([]);
});

it("A run's way from pipeline to report passes fourteen files at most", () => {
  const way = page.slice(page.indexOf("## A run's way"), page.indexOf('## Decisions'));
  const files = [...way.matchAll(/`(src\/[^`]+\.ts)`/g)].map(([, path = '']) => path);

  expect(files.length).toBeLessThanOrEqual(14);
  expect([files[0], files.at(-1)]).toEqual(['src/run/pipeline.ts', 'src/run/report/report.ts']);
});
