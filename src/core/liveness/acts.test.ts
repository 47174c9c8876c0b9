import { describe, expect, it } from 'vitest';
import { Acts } from './acts.ts';

const peer = { workerName: 'w', processId: 'p' };
const minute = 60_000;

function lists(acts: Acts, atMinutes: number, runs: readonly string[]): void {
  acts.beginListing(atMinutes * minute);
  for (const run of runs) acts.saw(run, 'claim', peer);
  acts.endListing();
}

const everyTwo = (from: number, to: number): readonly number[] =>
  Array.from({ length: (to - from) / 2 + 1 }, (_, at) => from + 2 * at);

describe('A process that only runs show (D3)', () => {
  it('is dead after ten minutes without an act, counted from the first listing', () => {
    const acts = new Acts();
    for (const at of everyTwo(0, 8)) lists(acts, at, ['run']);
    expect(acts.isMute(peer)).toBe(false);
    lists(acts, 10, ['run']);
    expect(acts.isMute(peer)).toBe(true);
  });

  it('is dead ten minutes after the listing before the one that showed its last act', () => {
    const acts = new Acts();
    for (const at of everyTwo(0, 4)) lists(acts, at, ['run']);
    for (const at of everyTwo(6, 12)) lists(acts, at, ['run', 'another']);
    expect(acts.isMute(peer)).toBe(false);
    lists(acts, 14, ['run', 'another']);
    expect(acts.isMute(peer)).toBe(true);
  });

  it('is not judged over a gap in the listings', () => {
    const acts = new Acts();
    for (const at of [0, 2, 4, 11, 13, 15, 17, 19]) lists(acts, at, ['run']);
    expect(acts.isMute(peer)).toBe(false);
    lists(acts, 21, ['run']);
    expect(acts.isMute(peer)).toBe(true);
  });

  it('gets twice as long each time that it takes a run back, at most 160 minutes', () => {
    const acts = new Acts();
    let at = 0;
    const spans = [0, 1, 2, 3, 4, 5].map(() => {
      const from = at;
      for (; !acts.isMute(peer); at += 2) lists(acts, at, ['run']);
      acts.took('run', peer);
      lists(acts, at, []);
      lists(acts, at + 2, ['run']);
      const span = at - 2 - from;
      at += 2;
      return span;
    });
    // The first counts from a listing that showed it, the others from the one before the act.
    expect(spans).toEqual(
      [10, 20, 40, 80, 160, 160].map((span, nth) => (nth === 0 ? span : span - 2)),
    );
  });

  it('gets no more time for a run that this process no longer holds', () => {
    const acts = new Acts();
    lists(acts, 0, ['run']);
    acts.took('run', peer);
    acts.left('run');
    for (const at of everyTwo(2, 10)) lists(acts, at, ['run']);
    expect(acts.isMute(peer)).toBe(true);
  });
});

describe('An act of a process', () => {
  it('is evidence of its life only if an earlier listing did not have it', () => {
    const acts = new Acts();
    lists(acts, 0, ['run']);
    expect(acts.evidenceMs(peer)).toBeUndefined();
    lists(acts, 2, ['run']);
    expect(acts.evidenceMs(peer)).toBeUndefined();
    lists(acts, 4, ['run', 'another']);
    expect(acts.evidenceMs(peer)).toBe(2 * minute);
  });

  it('is known of those that a run named of late', () => {
    const acts = new Acts();
    lists(acts, 0, ['run']);
    expect(acts.named(60 * minute, 30 * minute)).toEqual([peer]);
    for (const at of everyTwo(2, 60)) lists(acts, at, []);
    expect(acts.isMute(peer)).toBe(true);
    expect(acts.named(60 * minute, 61 * minute)).toEqual([]);
    lists(acts, 62, []);
    expect(acts.isMute(peer)).toBe(false); // forgotten
  });
});
