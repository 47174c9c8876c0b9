import { describe, expect, it } from 'vitest';
import { ReceivePace } from './receive-pace.ts';

const aged = (...agesMs: readonly (number | undefined)[]) =>
  agesMs.map((age) => ({
    receiptHandle: 'r',
    body: '{}',
    sentAtMs: age === undefined ? undefined : 1_000_000 - age,
  }));
const full = (oldestMs: number, skewMs = 0) =>
  aged(...Array.from({ length: 10 }, (_, at) => oldestMs - at * 10 + skewMs));

/** A pace that has seen a message without delay. */
function pace(skewMs = 0): ReceivePace {
  const one = new ReceivePace();
  one.waitMs(aged(skewMs), 10, 1_000_000);
  return one;
}

describe('The pace of receiving', () => {
  it('is set by SQS while the queue is empty', () => {
    expect(pace().waitMs([], 10, 1_000_000)).toBe(0);
  });

  it('lets messages gather after an answer that was not full', () => {
    expect(pace().waitMs(aged(0, 0, 0), 10, 1_000_000)).toBe(600);
  });

  it('waits after a full answer for as long as its messages are young', () => {
    expect(pace().waitMs(full(500), 10, 1_000_000)).toBe(100);
    expect(pace().waitMs(full(600), 10, 1_000_000)).toBe(0);
  });

  it('does not wait during a backlog, even on the first answer', () => {
    expect(new ReceivePace().waitMs(full(3_600_000), 10, 1_000_000)).toBe(0);
  });

  it.each([-30_000, 1_500])('ignores a constant difference of the clocks of %d ms', (skewMs) => {
    expect(pace(skewMs).waitMs(full(500, skewMs), 10, 1_000_000)).toBe(100);
  });

  it('does not wait when messages have no age', () => {
    expect(new ReceivePace().waitMs(aged(undefined, undefined), 2, 1_000_000)).toBe(0);
  });
});
