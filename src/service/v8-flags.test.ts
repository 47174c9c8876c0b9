import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { v8Flags } from './v8-flags.ts';

it.each(v8Flags)('V8 supports the flag %s', (flag) => {
  const known = execFileSync(process.execPath, ['--v8-options'], { encoding: 'utf8' });

  expect(known).toContain(`  ${flag.split('=')[0]} (`);
});
