import { expect, it } from 'vitest';
import { playMany } from './interleavings.ts';

// Beside interleavings.test.ts, with as much to do, so that two cores share them.
it('whatever happens, in whatever order, every run has its one end, with events as without', async () => {
  await expect(playMany(1_300, true)).resolves.toBeUndefined();
});

it('and so has every run of other plots', async () => {
  await expect(playMany(1_500, false, 11)).resolves.toBeUndefined();
});
