import { expect, it } from 'vitest';
import { playMany } from './interleavings.ts';

// Beside interleavings.test.ts, so that two cores share them.
it('whatever happens, in whatever order, every run has its one end, with events as without', async () => {
  await expect(playMany(1_300, true)).resolves.toBeUndefined();
});
