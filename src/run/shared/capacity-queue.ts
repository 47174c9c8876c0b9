import { linkAbort } from '../../kernel/abort.ts';
import { exponentialMs } from '../../kernel/backoff.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Random } from '../../kernel/random.ts';
import { Cancelled } from '../../kernel/task-group.ts';

/**
 * A run's part in what it competes for: from before its claim until its task was accepted, or until
 * it has none.
 */
export interface CapacityTicket extends Disposable {
  /**
   * Asked right before the claim: false when this capacity has turned out to be full meanwhile, and
   * enough runs wait. The run is passed over by polls until there is a place for it.
   */
  mayClaim(): boolean;
  /** ECS had no room: the run waits from now on. */
  refused(): void;
  /** Waits until another launch is worth a call. Rejects with the signal's reason. */
  turn(signal: AbortSignal): Promise<void>;
  /**
   * For a claim that was taken over: waits for a turn in the order in which claims began to wait.
   * One that has waited (`hasWaited`) says that there was no room: one of its queue tries first,
   * not all at once.
   */
  rejoin(
    claim: { readonly sinceMs: number; readonly hasWaited: boolean },
    signal: AbortSignal,
  ): Promise<void>;
  /** ECS accepted the launch. */
  placed(): void;
}

interface Waiter {
  /** Since when it has waited; Infinity: it goes to the end. */
  readonly sinceMs: number;
  wake: () => void;
}

interface Queue {
  readonly key: string;
  /**
   * Launches turned away since the last that was accepted; 0: there is room, as far as anybody
   * knows.
   */
  failures: number;
  /** Before this nobody tries again. */
  nextTryMs: number;
  /** How many may try at once: one while it is full, twice as many after each that was accepted. */
  atOnce: number;
  trying: number;
  /**
   * Waiting runs, the next to try first. One that was turned away goes to the end: it may be what
   * does not fit.
   */
  readonly line: Waiter[];
  /** Runs that polls pass over. */
  readonly heldBack: Set<string>;
  places: number;
}

const firstWaitMs = 5_000;
const longestWaitMs = 60_000;
const mostAtOnce = 64;
/** Nobody sleeps for ever; who is not the next in line looks again after this. */
const idleMs = 3_600_000;

/**
 * Runs that wait for capacity, by what they wait for (decisions.md 7). While something is
 * full one launch after another probes it, ever more slowly; the first that is accepted opens it to
 * twice as many each time. Waiting runs keep their slots, so no more than `mostWaiting` are claimed
 * for what is full: the other slots are for what has room.
 *
 * Launches that were under way when something turned out to be full wait as well: of those there
 * may be more.
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

  /** Runs that wait, or were claimed for something that is known to be full. */
  get waiting(): number {
    return this.#waiting;
  }

  /**
   * A place in the capacityTicket for `key`; counted as waiting once what it competes for is full.
   */
  begin(key: string, flowRunId: string): CapacityTicket {
    const queue = this.#queueOf(key);
    queue.places += 1;
    return new Place(this, queue, flowRunId);
  }

  /** @internal Whether one more may wait; it is counted then. */
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

  /** For one poll: which runs to pass over. Lets as many through as there are places to wait in. */
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

  /**
   * @internal Launches that were under way together are turned away together: that is one failure.
   */
  turnedAway(queue: Queue): void {
    const nowMs = this.#clock.monotonicMs();
    queue.atOnce = 1;
    if (queue.failures === 0 || nowMs >= queue.nextTryMs) {
      queue.failures += 1;
      queue.nextTryMs =
        nowMs + exponentialMs(queue.failures, firstWaitMs, longestWaitMs, this.#random);
    }
    wakeNext(queue); // who is next may sleep until then, not for ever
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

  /** @internal What was full when a worker died is taken to be so until somebody has tried. */
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

/** A class and no closures: it is held for as long as the run's task lives. */
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
    this.#tried(); // a turn that came to nothing is over: taken twice it counts once
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

function wakeNext(queue: Queue): void {
  queue.line[0]?.wake();
}
