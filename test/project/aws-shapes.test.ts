import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { projectRoot } from './sources.ts';

it("What is known of AWS's requests is what the installed SDK knows", () => {
  const checked = spawnSync('node', ['scripts/aws-shapes.mjs', '--check'], { cwd: projectRoot });

  expect(checked.status, 'run `npm run aws-shapes`').toBe(0);
});
