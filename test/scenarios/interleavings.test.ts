import { expect, it } from 'vitest';
import { playMany } from './interleavings.ts';

it('whatever happens, in whatever order, every run has its one end', async () => {
  await expect(playMany(3_500, false)).resolves.toBeUndefined();
});
