import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { z } from 'zod';

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8'));

it('All AWS clients have one version, so that their shared code exists once', () => {
  const { devDependencies } = z
    .looseObject({ devDependencies: z.record(z.string(), z.string()) })
    .parse(read('package.json'));
  const { packages } = z
    .looseObject({ packages: z.record(z.string(), z.looseObject({})) })
    .parse(read('package-lock.json'));

  const versions = Object.entries(devDependencies).filter(([name]) => name.startsWith('@aws-sdk/'));
  const nested = Object.keys(packages).filter((path) => /.node_modules\/@aws-sdk\//.test(path));

  expect(new Set(versions.map(([, version]) => version)).size, JSON.stringify(versions)).toBe(1);
  expect(versions[0]?.[1]).toMatch(/^\d+\.\d+\.\d+$/);
  expect(nested).toEqual([]);
});
