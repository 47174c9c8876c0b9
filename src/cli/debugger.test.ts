import { once } from 'node:events';
import { url as debuggerUrl } from 'node:inspector';
import { expect, it } from 'vitest';
import { refuseDebugger, withoutDebugger } from './debugger.ts';

it('SIGUSR1 opens no debugger', async () => {
  const before = process.listenerCount('SIGUSR1');
  refuseDebugger();
  expect(process.listenerCount('SIGUSR1')).toBe(before + 1);

  const heard = once(process, 'SIGUSR1');
  process.kill(process.pid, 'SIGUSR1');
  await heard;

  expect(debuggerUrl()).toBeUndefined();
});

it('A child gets the flag against the debugger, where Node has it', () => {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const hasFlag = major > 22 || (major === 22 && minor >= 14);

  expect(withoutDebugger()).toEqual(hasFlag ? ['--disable-sigusr1'] : []);
});
