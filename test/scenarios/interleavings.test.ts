import { expect, it } from 'vitest';
import { playMany } from './interleavings.ts';

it('Every run has exactly one end, whatever happens in a drawn plot', async () => {
  await expect(playMany(3_500, false)).resolves.toBeUndefined();
});
