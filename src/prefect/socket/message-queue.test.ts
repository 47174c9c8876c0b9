import { expect, it } from 'vitest';
import { MessageQueue } from './message-queue.ts';

const never = new AbortController().signal;

it('Messages reach readers in order, early or late', async () => {
  const queue = new MessageQueue();
  const early = [queue.next(never), queue.next(never)];

  for (const text of ['1', '2', '3']) queue.push(text);

  expect(await Promise.all([...early, queue.next(never)])).toEqual(['1', '2', '3']);
});

it('The end follows the unread messages, for present and later readers', async () => {
  const queue = new MessageQueue();
  queue.push('last');

  queue.end({ code: 1001, reason: 'bye' });
  queue.end({ code: 1006, reason: 'too late' });

  expect(await queue.next(never)).toBe('last');
  await expect(queue.next(never)).rejects.toMatchObject({ code: 1001, reason: 'bye' });
});

it('A reader that leaves takes no message with it', async () => {
  const queue = new MessageQueue();
  const stop = new AbortController();
  const left = queue.next(stop.signal);
  const stays = queue.next(never);

  stop.abort(new Error('enough'));
  queue.push('1');

  await expect(left).rejects.toThrow('enough');
  expect(await stays).toBe('1');
  await expect(queue.next(stop.signal)).rejects.toThrow('enough');
});

it('The queue refuses messages beyond its limits of number and size', async () => {
  const many = new MessageQueue();
  const large = new MessageQueue();
  const half = 'x'.repeat(8 * 1024 * 1024);

  for (let count = 0; count < 10_000; count += 1) expect(many.push('x')).toBe(true);
  expect([large.push(half), large.push(half), large.push('x')]).toEqual([true, true, false]);

  expect(many.push('x')).toBe(false);
  await large.next(never);
  expect(large.push('x')).toBe(true);
});
