import { expect, it } from 'vitest';
import { AbortFlag } from './abort.ts';
import { Wake } from './wake.ts';

it('What is said while nobody waits is heard by who comes next, once', async () => {
  const wake = new Wake();
  const over = new AbortFlag();
  wake.raise();
  wake.raise();

  expect(await wake.taken(over)).toBe(true);
  expect(wake.take()).toBe(false);
});

it('Whoever waits is woken, as often as it is said, until it is over', async () => {
  const wake = new Wake();
  const over = new AbortFlag();
  for (let said = 0; said < 2; said += 1) {
    const waiting = wake.taken(over);
    wake.raise();
    expect(await waiting).toBe(true);
  }
  const waiting = wake.taken(over);
  over.abort(new Error('over'));

  expect(await waiting).toBe(false);
});

it('A listener hears nothing once it has left', () => {
  const wake = new Wake();
  let heard = 0;
  const leave = wake.listen(() => (heard += 1));
  wake.raise();
  leave();
  wake.raise();

  expect(heard).toBe(1);
});
