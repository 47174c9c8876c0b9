import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { free, isHeldBack, refuse, tried, type Held, type Hold, type Refusal } from './hold.ts';

const minuteMs = 60_000;
const by = (flowRunId: string, changes: Partial<Refusal> = {}): Refusal => ({
  kind: 'right',
  flowRunId,
  isCounted: true,
  isRunsOwn: false,
  ...changes,
});

/** The fates of runs that a key is denied to, one after the other, at once. */
function after(...refusals: Refusal[]): { hold: Hold; fates: readonly string[] } {
  let hold = free;
  const fates = refusals.map((refusal) => {
    const answer = refuse(hold, refusal, 0);
    hold = answer.hold;
    return answer.fate;
  });
  return { hold, fates };
}

/** When a held key is tried, if nothing ever comes of it. */
function triesOf(hold: Hold, count: number): readonly number[] {
  const at: number[] = [];
  for (let held = hold as Held; at.length < count;) {
    const next = tried(held, held.nextTryMs);
    if (next === undefined || tried(held, held.nextTryMs - 1) !== undefined)
      throw new Error('tried at another time');
    at.push(held.nextTryMs);
    held = next;
  }
  return at;
}

describe('A denied permission', () => {
  it('crashes the first three runs, so that users see it, and puts the rest on hold', () => {
    const { hold, fates } = after(by('a'), by('b'), by('c'), by('d'), by('e'));

    expect(fates).toEqual(['crash', 'crash', 'crash', 'wait', 'wait']);
    expect(isHeldBack(hold, false, 0)).toBe(true);
  });

  it('puts nothing on hold if only one retried run was refused', () => {
    const { hold } = after(by('a'), by('a'), by('a'), by('a'));

    expect(isHeldBack(hold, false, 0)).toBe(false);
    expect(after(by('a'), by('a'), by('a'), by('b')).hold.kind).toBe('held');
  });

  it('neither crashes nor counts an adopted claim', () => {
    const adopted = { isCounted: false };
    const { hold, fates } = after(
      by('a', adopted),
      by('b', adopted),
      by('c', adopted),
      by('d', adopted),
    );

    expect(fates).toEqual(['wait', 'wait', 'wait', 'wait']);
    expect(hold).toBe(free);
  });

  it('is retried after 1, 2, 4, 8, and then every 10 minutes', () => {
    const { hold } = after(by('a'), by('b'), by('c'));

    expect(triesOf(hold, 6).map((ms) => ms / minuteMs)).toEqual([1, 3, 7, 15, 25, 35]);
  });

  it('that only the runs chose to need crashes them after ten minutes', () => {
    const own = { isRunsOwn: true };
    const { hold } = after(by('a', own), by('b', own), by('c', own));

    expect(refuse(hold, by('d', own), 10 * minuteMs - 1).fate).toBe('wait');
    expect(isHeldBack(hold, true, 10 * minuteMs - 1)).toBe(true);
    expect(isHeldBack(hold, true, 10 * minuteMs)).toBe(false);
    expect(refuse(hold, by('d', own), 10 * minuteMs).fate).toBe('crash');
    expect(refuse(hold, by('d', { ...own, isCounted: false }), 10 * minuteMs).fate).toBe('wait');
  });
});

describe('A temporary failure', () => {
  it('crashes no run, and is retried after 10, 20, 40, and then every 60 s', () => {
    const { hold, fates } = after(by('a', { kind: 'ill' }), by('b', { kind: 'ill' }));

    expect(fates).toEqual(['wait', 'wait']);
    expect(triesOf(hold, 6).map((ms) => ms / 1000)).toEqual([10, 30, 70, 130, 190, 250]);
  });

  it('of a source of credentials counts as broken after a minute', () => {
    const stumble = by('a', { kind: 'may-pass' });
    const { hold } = after(stumble);

    expect(hold).toMatchObject({ why: 'ill' });
    expect(refuse(hold, stumble, minuteMs - 1).hold).toBe(hold);
    expect(refuse(hold, stumble, minuteMs).hold).toMatchObject({
      why: 'denied',
      sinceMs: minuteMs,
    });
    expect(refuse(hold, by('a', { kind: 'credentials' }), 1).hold).toMatchObject({ why: 'denied' });
  });

  it('does not include credentials unknown to AWS: they put all runs on hold at once', () => {
    const { hold, fates } = after(by('a', { kind: 'credentials' }));

    expect(hold).toMatchObject({ kind: 'held', why: 'denied' });
    expect(fates).toEqual(['wait']);
  });
});

describe('In any order of refusals', () => {
  const refusals = fc.array(
    fc.record({
      kind: fc.constantFrom('ill', 'right', 'credentials', 'may-pass'),
      flowRunId: fc.uuid(),
      isCounted: fc.boolean(),
      isRunsOwn: fc.constant(false),
      laterMs: fc.integer({ min: 0, max: 20 * minuteMs }),
    }),
    { maxLength: 60 },
  );

  it('at most three runs crash until the key works again, if none chose the denied resource', () => {
    fc.assert(
      fc.property(refusals, (list) => {
        let hold = free;
        let nowMs = 0;
        let crashed = 0;
        for (const { laterMs, ...refusal } of list) {
          nowMs += laterMs;
          const answer = refuse(hold, refusal, nowMs);
          hold = answer.hold;
          crashed += answer.fate === 'crash' ? 1 : 0;
          expect(answer.fate === 'crash' && (refusal.kind !== 'right' || !refusal.isCounted)).toBe(
            false,
          );
        }
        expect(crashed).toBeLessThanOrEqual(3);
      }),
    );
  });

  it('a hold lasts, and always has a next attempt', () => {
    fc.assert(
      fc.property(refusals, (list) => {
        let hold = free;
        let nowMs = 0;
        for (const { laterMs, ...refusal } of list) {
          nowMs += laterMs;
          const before = hold;
          hold = refuse(hold, refusal, nowMs).hold;
          if (before.kind === 'held') expect(hold.kind).toBe('held');
          if (hold.kind !== 'held') continue;
          hold = tried(hold, nowMs) ?? hold;
          expect(hold.nextTryMs).toBeGreaterThan(nowMs);
          expect(hold.nextTryMs - nowMs).toBeLessThanOrEqual(10 * minuteMs);
        }
      }),
    );
  });
});
