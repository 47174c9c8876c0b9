import { describe, expect, it } from 'vitest';
import type { Standing } from '../core/liveness/who-lives.ts';
import { silentLogger } from '../kernel/logger.ts';
import { ManualClock } from '../kernel/manual-clock.ts';
import { ProvisionalSlots } from './provisional-slots.ts';
import { Slots } from './slots.ts';

const owner = { workerName: 'w', processId: 'p' };
const nobodyKnown = (): Standing => 'unknown';

function withLimit(limit: number | undefined) {
  const clock = new ManualClock();
  const lines: string[] = [];
  const slots = new Slots(limit);
  const log = { ...silentLogger, warning: (line: string) => void lines.push(line) };
  return { clock, lines, slots, provisional: new ProvisionalSlots(slots, clock, log) };
}

describe('Provisional slots', () => {
  it('A run whose worker may be dead counts against the limit, even beyond it', () => {
    const { slots, provisional } = withLimit(1);
    for (const run of ['a', 'b', 'b']) provisional.take(run, owner);
    expect(slots.taken).toBe(2);
    expect(slots.tryTake()).toBeUndefined();
    const unlimited = withLimit(undefined);
    unlimited.provisional.take('a', owner);
    expect(unlimited.slots.taken).toBe(0);
  });

  it('A run no longer counts once its worker proves alive or the run has ended', () => {
    const { slots, provisional } = withLimit(3);
    for (const run of ['a', 'b', 'c', 'd']) provisional.take(run, run === 'c' ? undefined : owner);
    provisional.settle(nobodyKnown);
    expect(slots.taken).toBe(4);
    provisional.keepOnly(
      new Map([
        ['b', owner],
        ['c', undefined],
      ]),
      (id) => id === 'd',
    );
    expect(slots.taken).toBe(3); // 'd' is being adopted and has no real slot yet
    provisional.giveBack('d');
    provisional.settle(() => 'alive');
    expect(slots.taken).toBe(1);
    provisional.giveBack('c');
    expect(provisional.isEmpty).toBe(true);
  });

  it('A run counts according to the owner that it turns out to have', () => {
    const { slots, provisional } = withLimit(3);
    provisional.take('a', undefined);
    provisional.ownedBy('a', owner);
    provisional.ownedBy('b', owner);
    provisional.settle(() => 'alive');
    expect(slots.taken).toBe(0);
  });

  it('A run counts once while it is adopted, and still counts if the adoption fails', () => {
    const { slots, provisional } = withLimit(3);
    provisional.take('a', owner);
    const real = provisional.exchange('a');
    expect(slots.taken).toBe(1);
    provisional.keepOnly(new Map(), () => false);
    provisional.settle(() => 'alive');
    real[Symbol.dispose]();
    expect(slots.taken).toBe(0);
    provisional.resume('a');
    expect(slots.taken).toBe(1);
    provisional.giveBack('a');
    provisional.take('b', owner);
    provisional.exchange('b')[Symbol.dispose]();
    provisional.resume('b');
    provisional.resume('b');
    provisional.resume('c');
    expect(slots.taken).toBe(1);
  });

  it('A run without a verdict on its worker counts for 15 minutes, and its id is logged', async () => {
    const { clock, lines, slots, provisional } = withLimit(3);
    provisional.take('a', owner);
    await clock.elapse(14 * 60_000);
    provisional.settle(nobodyKnown);
    expect(slots.taken).toBe(1);
    await clock.elapse(60_000);
    provisional.settle(nobodyKnown);
    expect(slots.taken).toBe(0);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(': a');
  });
});
