import { expect, it } from 'vitest';
import { playMany } from './interleavings.ts';

// A file of its own, as large as interleavings.test.ts, so that two cores share the work.
it('Every run has exactly one end, whatever happens while workers observe events', async () => {
  await expect(playMany(1_300, true)).resolves.toBeUndefined();
});

it('Every run has exactly one end in further plots without events', async () => {
  await expect(playMany(1_500, false, 11)).resolves.toBeUndefined();
});
