import { linkAbort, type LinkedAbort } from '../../kernel/abort.ts';
import type { Clock } from '../../kernel/clock.ts';

interface Entry {
  readonly dueMs: number;
  readonly order: number;
  /** Undefined once done or cancelled. The heap drops the entry when its time comes. */
  work: (() => void) | undefined;
}

export interface Appointment {
  cancel(): void;
}

/**
 * Owns all future work, on one sleeper of the clock. Ten thousand tasks cost ten thousand heap
 * entries instead of as many promises, timers and signals. Invariant: entries due at the same
 * moment run in the order in which they were added; otherwise runs with one seed would differ.
 */
export class Agenda {
  readonly #clock: Clock;
  readonly #heap: Entry[] = [];
  #order = 0;
  #nap: { readonly untilMs: number; readonly link: LinkedAbort } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  after(ms: number, work: () => void): Appointment {
    const dueMs = this.#clock.monotonicMs() + Math.max(0, ms);
    const entry: Entry = { dueMs, order: (this.#order += 1), work };
    push(this.#heap, entry);
    if (this.#nap !== undefined && dueMs < this.#nap.untilMs) this.#nap.link.abort();
    return { cancel: () => void (entry.work = undefined) };
  }

  /** Runs due entries until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.#doDue();
      const dueMs = this.#next()?.dueMs ?? Infinity;
      using link = linkAbort(signal);
      this.#nap = { untilMs: dueMs, link };
      await this.#sleep(dueMs, link.signal);
      this.#nap = undefined;
    }
  }

  #sleep(dueMs: number, signal: AbortSignal): Promise<void> {
    if (dueMs === Infinity) {
      return new Promise((resolve) => {
        if (signal.aborted) resolve();
        else signal.addEventListener('abort', () => resolve(), { once: true });
      });
    }
    return this.#clock.sleep(dueMs - this.#clock.monotonicMs(), signal).catch((error: unknown) => {
      if (!signal.aborted) throw error; // woken for an earlier entry, or to stop
    });
  }

  #doDue(): void {
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      if (next.dueMs > this.#clock.monotonicMs()) return;
      removeFirst(this.#heap);
      const { work } = next;
      next.work = undefined;
      work?.();
    }
  }

  #next(): Entry | undefined {
    while (this.#heap[0] !== undefined && this.#heap[0].work === undefined) removeFirst(this.#heap);
    return this.#heap[0];
  }
}

function isBefore(one: Entry, other: Entry): boolean {
  return one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.order < other.order);
}

function push(heap: Entry[], entry: Entry): void {
  let at = heap.length;
  heap.push(entry);
  while (at > 0) {
    const parentAt = (at - 1) >> 1;
    const parent = heap[parentAt];
    if (parent === undefined || !isBefore(entry, parent)) break;
    heap[at] = parent;
    at = parentAt;
  }
  heap[at] = entry;
}

function removeFirst(heap: Entry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    const left = heap[2 * at + 1];
    const right = heap[2 * at + 2];
    const isRight = left !== undefined && right !== undefined && isBefore(right, left);
    const child = isRight ? right : left;
    if (child === undefined || !isBefore(child, last)) break;
    heap[at] = child;
    at = 2 * at + (isRight ? 2 : 1);
  }
  heap[at] = last;
}
