import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { smallHeapFlags } from './small-heap.ts';

it.each(smallHeapFlags)('sets what this V8 knows: %s', (flag) => {
  const known = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });

  expect(known).toContain(`  ${flag.split('=')[0]} (`);
});
