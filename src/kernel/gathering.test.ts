import { describe, expect, it } from 'vitest';
import { Gathering } from './gathering.ts';
import { ManualClock } from './manual-clock.ts';

const signal = new AbortController().signal;

function gathering() {
  const clock = new ManualClock();
  const crowd = new Gathering(clock, { waitMs: 1_000, enough: 3 });
  const gone: string[] = [];
  const join = (name: string, until = signal): void =>
    void crowd.join(until).then(
      () => gone.push(`${name} at ${clock.monotonicMs()}`),
      () => gone.push(`${name} gave up`),
    );
  return { clock, gone, join };
}

describe('Callers that gather', () => {
  it('continue together when the first has waited long enough', async () => {
    const { clock, gone, join } = gathering();
    const startMs = clock.monotonicMs();

    join('a');
    await clock.elapse(900);
    join('b');
    await clock.elapse(100);
    join('c');
    await clock.elapse(1_000);

    expect(gone).toEqual([
      `a at ${startMs + 1_000}`,
      `b at ${startMs + 1_000}`,
      `c at ${startMs + 2_000}`,
    ]);
  });

  it('continue at once when there are enough of them, and the next ones start over', async () => {
    const { clock, gone, join } = gathering();
    const startMs = clock.monotonicMs();

    for (const name of ['a', 'b', 'c', 'd']) join(name);
    await clock.elapse(0);
    const first = [...gone];
    await clock.elapse(1_000);

    expect(first).toEqual(['a', 'b', 'c'].map((name) => `${name} at ${startMs}`));
    expect(gone.at(-1)).toBe(`d at ${startMs + 1_000}`);
  });

  it('are not kept waiting after their signal aborts', async () => {
    const { clock, gone, join } = gathering();
    const giving = new AbortController();

    join('a', giving.signal);
    giving.abort(new Error('no'));
    await clock.elapse(0);

    expect(gone).toEqual(['a gave up']);
    expect(clock.sleeping).toBe(0);
  });
});
