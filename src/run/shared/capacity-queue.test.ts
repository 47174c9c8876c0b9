import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../kernel/manual-clock.ts';
import { seededRandom } from '../../kernel/random.ts';
import { Capacity } from './capacity-queue.ts';
import { type CapacityTicket } from './capacity-ticket.ts';

const never = new AbortController().signal;

function capacityOf(mostWaiting: number): {
  readonly clock: ManualClock;
  readonly capacity: Capacity;
} {
  const clock = new ManualClock();
  return {
    clock,
    capacity: new Capacity(clock, { ...seededRandom(1), next: () => 0.5 }, mostWaiting),
  };
}

/** Runs that were refused and wait for their turns; returns which of them have one. */
function waiting(
  capacity: Capacity,
  count: number,
  signal = never,
): { readonly places: CapacityTicket[]; readonly turns: number[] } {
  const turns: number[] = [];
  const places = Array.from({ length: count }, (_, at) => capacity.begin('key', `run-${at}`));
  for (const place of places) place.refused();
  places.forEach((place, at) => {
    void place.turn(signal).then(
      () => turns.push(at),
      () => undefined,
    );
  });
  return { places, turns };
}

describe('Runs that wait for capacity', () => {
  it('While capacity is full, runs try a launch one at a time, at growing intervals', async () => {
    const { clock, capacity } = capacityOf(10);
    const { places, turns } = waiting(capacity, 3);

    await clock.elapse(4_999);
    expect(turns).toEqual([]);
    await clock.elapse(1);
    expect(turns).toEqual([0]);
    places[0]?.refused();
    await clock.elapse(9_999);
    expect(turns).toEqual([0]);
    await clock.elapse(1);
    expect(turns).toEqual([0, 1]);
  });

  it('After an accepted launch, waiting runs try in twos, then fours and so on', async () => {
    const { clock, capacity } = capacityOf(10);
    const { places, turns } = waiting(capacity, 8);
    await clock.elapse(5_000);

    places[0]?.placed();
    await clock.elapse(0);
    expect(turns).toEqual([0, 1, 2]);
    places[1]?.placed();
    places[2]?.placed();
    await clock.elapse(0);

    expect(turns).toHaveLength(8);
    expect(clock.monotonicMs()).toBe(5_000);
  });

  it('A run that has stopped waiting takes no turn', async () => {
    const { clock, capacity } = capacityOf(10);
    const stop = new AbortController();
    const gone = waiting(capacity, 1, stop.signal);
    const { turns } = waiting(capacity, 1);
    stop.abort(new Error('cancelled'));
    gone.places[0]?.[Symbol.dispose]();

    await clock.elapse(5_000);

    expect([gone.turns, turns]).toEqual([[], [0]]);
  });

  it('Runs beyond the share of waiting runs are not claimed, and polls pass them over', () => {
    const { capacity } = capacityOf(2);
    const { places } = waiting(capacity, 2);

    expect(capacity.begin('key', 'third').mayClaim()).toBe(false);
    expect(capacity.begin('key', 'fourth').mayClaim()).toBe(false);
    expect(capacity.begin('other key', 'fifth').mayClaim()).toBe(true);
    expect(['third', 'fourth', 'fifth'].map(capacity.passedOver())).toEqual([true, true, false]);

    places[0]?.[Symbol.dispose]();
    expect(['third', 'fourth'].map(capacity.passedOver())).toEqual([false, true]);
    expect(capacity.begin('key', 'third').mayClaim()).toBe(true);
    expect(capacity.waiting).toBe(2);
  });

  it('A placed run no longer waits, and the last one opens the capacity to all', async () => {
    const { clock, capacity } = capacityOf(1);
    const { places } = waiting(capacity, 1);
    expect(capacity.begin('key', 'late').mayClaim()).toBe(false);
    await clock.elapse(5_000);

    places[0]?.placed();

    expect(capacity.waiting).toBe(0);
    expect(capacity.passedOver()('late')).toBe(false);
    expect(['a', 'b', 'c'].map((run) => capacity.begin('key', run).mayClaim())).toEqual([
      true,
      true,
      true,
    ]);
  });
});
