import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { projectRoot } from './sources.ts';

const tracked = execFileSync('git', ['ls-files'], { cwd: projectRoot, encoding: 'utf8' })
  .trim()
  .split('\n');

function filesWith(pattern: RegExp): readonly string[] {
  return tracked.filter((name) => pattern.test(readFileSync(join(projectRoot, name), 'utf8')));
}

it('No tracked file names a path of a developer’s machine', () => {
  expect(filesWith(/(^|[^\w.])\/(work|root|home\/\w+)\//m)).toEqual([]);
});

it('package-lock.json names no registry', () => {
  expect(readFileSync(join(projectRoot, 'package-lock.json'), 'utf8')).not.toMatch(/"resolved"/);
});
