import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { projectRoot } from './sources.ts';

it("Our table of AWS's request shapes matches the installed SDK", () => {
  const checked = spawnSync('node', ['scripts/aws-shapes.mjs', '--check'], { cwd: projectRoot });

  expect(checked.status, 'run `npm run aws-shapes`').toBe(0);
});
