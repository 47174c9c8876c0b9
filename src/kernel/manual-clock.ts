import type { Clock } from './clock.ts';

interface Sleeper {
  readonly dueMs: number;
  readonly order: number;
  /** False once it woke or was stopped. The heap drops such sleepers later. */
  isAsleep: boolean;
  wake(): void;
}

/**
 * A clock that tests advance. Sleepers wake in the order of their due times, ties in the order in
 * which they fell asleep. Between two moments, everything that needs no time is run. A sleeper
 * costs O(log n).
 */
export class ManualClock implements Clock {
  readonly #startMs: number;
  #heap: Sleeper[] = [];
  #elapsedMs = 0;
  #order = 0;
  #sleeping = 0;

  constructor(start: Date | string = '2030-01-01T00:00:00.000Z') {
    this.#startMs = new Date(start).getTime();
  }

  now(): Date {
    return new Date(this.#startMs + this.#elapsedMs);
  }

  monotonicMs(): number {
    return this.#elapsedMs;
  }

  /** The number of sleepers, for tests that wait until the code under test only waits. */
  get sleeping(): number {
    return this.#sleeping;
  }

  /** When the next sleeper is due, in milliseconds from now. Undefined without sleepers. */
  get nextDueInMs(): number | undefined {
    const next = this.#peek();
    return next === undefined ? undefined : next.dueMs - this.#elapsedMs;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(toReason(signal));
    return new Promise((resolve, reject) => {
      const stop = (): void => {
        if (!this.#rouse(sleeper)) return;
        this.#forgetStopped();
        reject(toReason(signal));
      };
      const sleeper: Sleeper = {
        dueMs: this.#elapsedMs + Math.max(0, ms),
        order: (this.#order += 1),
        isAsleep: true,
        wake: () => {
          signal.removeEventListener('abort', stop);
          resolve();
        },
      };
      signal.addEventListener('abort', stop, { once: true });
      this.#sleeping += 1;
      this.#push(sleeper);
    });
  }

  /** Advances the clock by `ms` milliseconds and wakes sleepers when they are due. */
  async elapse(ms: number): Promise<void> {
    const untilMs = this.#elapsedMs + ms;
    await settle();
    for (
      let next = this.#peek();
      next !== undefined && next.dueMs <= untilMs;
      next = this.#peek()
    ) {
      this.#elapsedMs = Math.max(this.#elapsedMs, next.dueMs);
      this.#wakeDue();
      await settle();
    }
    this.#elapsedMs = untilMs;
  }

  /** All sleepers due now. One that falls asleep again for 0 ms wakes after the others. */
  #wakeDue(): void {
    const due: Sleeper[] = [];
    for (
      let next = this.#peek();
      next !== undefined && next.dueMs <= this.#elapsedMs;
      next = this.#peek()
    ) {
      this.#rouse(next);
      due.push(next);
    }
    for (const sleeper of due) sleeper.wake();
  }

  #rouse(sleeper: Sleeper): boolean {
    if (!sleeper.isAsleep) return false;
    sleeper.isAsleep = false;
    this.#sleeping -= 1;
    return true;
  }

  /** Most sleeps are cancelled long before they are due. They may fill at most half of the heap. */
  #forgetStopped(): void {
    if (this.#heap.length < 64 || this.#sleeping * 2 > this.#heap.length) return;
    this.#heap = this.#heap
      .filter((sleeper) => sleeper.isAsleep)
      .sort((one, other) => (isBefore(one, other) ? -1 : 1)); // in order: a heap
  }

  #peek(): Sleeper | undefined {
    while (this.#heap[0]?.isAsleep === false) this.#removeFirst();
    return this.#heap[0];
  }

  #push(sleeper: Sleeper): void {
    const heap = this.#heap;
    let at = heap.length;
    heap.push(sleeper);
    while (at > 0) {
      const parentAt = (at - 1) >> 1;
      const parent = heap[parentAt];
      if (parent === undefined || !isBefore(sleeper, parent)) break;
      heap[at] = parent;
      at = parentAt;
    }
    heap[at] = sleeper;
  }

  #removeFirst(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      const leftAt = 2 * at + 1;
      const left = heap[leftAt];
      const right = heap[leftAt + 1];
      const isRight = left !== undefined && right !== undefined && isBefore(right, left);
      const child = isRight ? right : left;
      if (child === undefined || !isBefore(child, last)) break;
      heap[at] = child;
      at = isRight ? leftAt + 1 : leftAt;
    }
    heap[at] = last;
  }
}

function isBefore(one: Sleeper, other: Sleeper): boolean {
  return one.dueMs < other.dueMs || (one.dueMs === other.dueMs && one.order < other.order);
}

function toReason(signal: AbortSignal): Error {
  return signal.reason instanceof Error
    ? signal.reason
    : new Error('aborted', { cause: signal.reason });
}

/** Runs queued callbacks: promise chains and ready events, several layers deep. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
