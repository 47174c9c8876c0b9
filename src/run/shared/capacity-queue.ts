/**
 * Runs that wait for capacity: one queue for each kind of capacity (decisions.md 7).
 *
 * Read `CapacityTicket` (capacity-ticket.ts), which is all that a run sees, then `Queue`, the
 * state, then `Capacity`.
 * - There is capacity: `failures` is 0, and launches go on as they come.
 * - It is full: one run at a time tries a launch, at growing intervals. Each accepted launch
 *   doubles how many may try at once, up to 64.
 *
 * At most `mostWaiting` runs are claimed for full capacity; polls pass over the others
 * (`heldBack`). Launches that were under way when it turned out to be full wait as well, beyond
 * that bound.
 */
import { wakeNext, type CapacityTicket, type Queue, type Waiter } from './capacity-ticket.ts';
import { linkAbort } from '../../kernel/abort.ts';
import { exponentialMs } from '../../kernel/backoff.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Random } from '../../kernel/random.ts';
import { Cancelled } from '../../kernel/task-group.ts';

const firstWaitMs = 5_000;
const longestWaitMs = 60_000;
const mostAtOnce = 64;
/** Longest sleep. A run that is not next looks again after this. */
const idleMs = 3_600_000;

/**
 * All capacity queues of a worker. Never lets more than `mostWaiting` runs claim capacity that is
 * known to be full: they keep their worker slots, and without the bound no slot would be left for
 * runs that have capacity.
 */
export class Capacity {
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #mostWaiting: number;
  readonly #queues = new Map<string, Queue>();
  #waiting = 0;

  constructor(clock: Clock, random: Random, mostWaiting: number) {
    this.#clock = clock;
    this.#random = random;
    this.#mostWaiting = mostWaiting;
  }

  /** Runs that wait, or were claimed for capacity that is known to be full. */
  get waiting(): number {
    return this.#waiting;
  }

  /** A ticket for `key`. It counts as waiting once that capacity is full. */
  begin(key: string, flowRunId: string): CapacityTicket {
    const queue = this.#queueOf(key);
    queue.places += 1;
    return new Place(this, queue, flowRunId);
  }

  /** @internal Whether one more run may wait; counts it if so. */
  mayWait(): boolean {
    if (this.#waiting >= this.#mostWaiting) return false;
    this.#waiting += 1;
    return true;
  }

  /** @internal */
  waits(by: 1 | -1): void {
    this.#waiting += by;
  }

  /** @internal */
  left(queue: Queue): void {
    queue.places -= 1;
    if (queue.places === 0) this.#queues.delete(queue.key);
    else wakeNext(queue);
  }

  /**
   * For one poll: which runs to pass over. Lets as many runs through as there are places to wait
   * in.
   */
  passedOver(): (flowRunId: string) => boolean {
    const full = [...this.#queues.values()].filter(
      (queue) => queue.failures > 0 && queue.heldBack.size > 0,
    );
    let left = this.#mostWaiting - this.#waiting;
    return (flowRunId) => {
      const queue = full.find(({ heldBack }) => heldBack.has(flowRunId));
      if (queue === undefined) return false;
      if (left <= 0) return true;
      left -= 1;
      queue.heldBack.delete(flowRunId);
      return false;
    };
  }

  #queueOf(key: string): Queue {
    const known = this.#queues.get(key);
    if (known !== undefined) return known;
    const queue: Queue = {
      key,
      failures: 0,
      nextTryMs: 0,
      atOnce: mostAtOnce,
      trying: 0,
      line: [],
      heldBack: new Set(),
      places: 0,
    };
    this.#queues.set(key, queue);
    return queue;
  }

  /** @internal Launches that were under way together are refused together: that is one failure. */
  turnedAway(queue: Queue): void {
    const nowMs = this.#clock.monotonicMs();
    queue.atOnce = 1;
    if (queue.failures === 0 || nowMs >= queue.nextTryMs) {
      queue.failures += 1;
      queue.nextTryMs =
        nowMs + exponentialMs(queue.failures, firstWaitMs, longestWaitMs, this.#random);
    }
    wakeNext(queue); // the next in line may now sleep until `nextTryMs` only
  }

  /** @internal */
  accepted(queue: Queue): void {
    if (queue.failures === 0) return;
    const isEmpty = queue.line.length === 0 && queue.trying === 0;
    queue.failures = isEmpty ? 0 : 1;
    if (isEmpty) queue.heldBack.clear();
    queue.nextTryMs = 0;
    queue.atOnce = Math.min(mostAtOnce, queue.atOnce * 2);
    for (const waiter of queue.line.slice(0, queue.atOnce)) waiter.wake();
  }

  /**
   * @internal Assumes capacity that was full when a worker died to be full, until a launch has been
   * tried.
   */
  assumeFull(queue: Queue): void {
    if (queue.failures > 0) return;
    queue.failures = 1;
    queue.atOnce = 1;
  }

  /** @internal Waits for a turn to try. */
  async turnOf(queue: Queue, sinceMs: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const waiter: Waiter = { sinceMs, wake: () => undefined };
    const at = queue.line.findIndex((other) => other.sinceMs > sinceMs);
    queue.line.splice(at < 0 ? queue.line.length : at, 0, waiter);
    wakeNext(queue);
    try {
      for (
        let waitMs = this.#waitMs(queue, waiter);
        waitMs > 0;
        waitMs = this.#waitMs(queue, waiter)
      ) {
        await this.#nap(waiter, waitMs, signal);
      }
      queue.trying += 1;
    } finally {
      queue.line.splice(queue.line.indexOf(waiter), 1);
      wakeNext(queue);
    }
  }

  #waitMs(queue: Queue, waiter: Waiter): number {
    const isNext = queue.line[0] === waiter && queue.trying < queue.atOnce;
    return isNext ? queue.nextTryMs - this.#clock.monotonicMs() : idleMs;
  }

  async #nap(waiter: Waiter, ms: number, signal: AbortSignal): Promise<void> {
    using nap = linkAbort(signal);
    waiter.wake = () => nap.abort(new Cancelled('things have changed'));
    try {
      await this.#clock.sleep(ms, nap.signal);
    } catch {
      signal.throwIfAborted();
    } finally {
      waiter.wake = () => undefined;
    }
  }
}

/** A class without closures: one is held for as long as the run's task lives. */
class Place implements CapacityTicket {
  readonly #capacity: Capacity;
  readonly #queue: Queue;
  readonly #flowRunId: string;
  #isCounted = false;
  #isTrying = false;
  #isOver = false;

  constructor(capacity: Capacity, queue: Queue, flowRunId: string) {
    this.#capacity = capacity;
    this.#queue = queue;
    this.#flowRunId = flowRunId;
  }

  mayClaim(): boolean {
    if (this.#queue.failures === 0 || this.#isCounted) return true;
    this.#isCounted = this.#capacity.mayWait();
    if (!this.#isCounted) this.#queue.heldBack.add(this.#flowRunId);
    return this.#isCounted;
  }

  refused(): void {
    if (!this.#isCounted) this.#capacity.waits(1);
    this.#isCounted = true;
    this.#tried();
    this.#capacity.turnedAway(this.#queue);
  }

  async turn(signal: AbortSignal): Promise<void> {
    await this.#turn(Infinity, signal);
  }

  async rejoin(
    { sinceMs, hasWaited }: { readonly sinceMs: number; readonly hasWaited: boolean },
    signal: AbortSignal,
  ): Promise<void> {
    if (hasWaited) {
      this.#capacity.assumeFull(this.#queue);
      if (!this.#isCounted) this.#capacity.waits(1);
      this.#isCounted = true;
    }
    await this.#turn(sinceMs, signal);
  }

  async #turn(sinceMs: number, signal: AbortSignal): Promise<void> {
    this.#tried(); // the turn before this one started nothing; without this it would count twice
    await this.#capacity.turnOf(this.#queue, sinceMs, signal);
    this.#isTrying = true;
  }

  placed(): void {
    this.#waitsNoMore();
    this.#capacity.accepted(this.#queue);
  }

  [Symbol.dispose](): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#waitsNoMore();
    this.#capacity.left(this.#queue);
  }

  #waitsNoMore(): void {
    if (this.#isCounted) this.#capacity.waits(-1);
    this.#isCounted = false;
    this.#tried();
  }

  #tried(): void {
    if (this.#isTrying) this.#queue.trying -= 1;
    this.#isTrying = false;
  }
}
