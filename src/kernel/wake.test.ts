import { expect, it } from 'vitest';
import { AbortFlag } from './abort.ts';
import { Wake } from './wake.ts';

it('A raise without a waiter wakes the next waiter once', async () => {
  const wake = new Wake();
  const over = new AbortFlag();
  wake.raise();
  wake.raise();

  expect(await wake.taken(over)).toBe(true);
  expect(wake.take()).toBe(false);
});

it('A waiter is woken at each raise until it is over', async () => {
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

it('A listener is not called after it has left', () => {
  const wake = new Wake();
  let heard = 0;
  const leave = wake.listen(() => (heard += 1));
  wake.raise();
  leave();
  wake.raise();

  expect(heard).toBe(1);
});
