import type { Clock } from '../kernel/clock.ts';
import { toError } from '../kernel/errors.ts';
import { Cancelled } from '../kernel/task-group.ts';
import type { RateLimit } from './rate-limits.ts';

/** Who goes first where calls queue up (decisions.md 6). */
export const priorities = ['cancel', 'launch', 'sweep', 'logs'] as const;
export type Priority = (typeof priorities)[number];

interface Waiter {
  readonly go: () => void;
}

/** Throttle answers within this time count as one: their calls were in flight together. */
const oneThrottleMs = 1_000;
/**
 * However often AWS throttles, this part of the rate remains. Otherwise no call would find out that
 * the throttling has ended.
 */
const leastOfRate = 1 / 16;
/** The time in which the full rate returns after it was lost completely. */
const recoverySeconds = 60;

/**
 * A token bucket that serves waiters by priority, then in order. A throttle answer empties it and
 * halves its rate, which then recovers slowly, because other users of the account take an unknown
 * part of the limit. Invariant: a token is taken by one waiter, and an aborted waiter takes none.
 */
export class RateBucket {
  readonly #clock: Clock;
  readonly #limit: RateLimit;
  readonly #lines: ReadonlyMap<Priority, Set<Waiter>> = new Map(
    priorities.map((name) => [name, new Set()]),
  );
  #tokens: number;
  #perSecond: number;
  #refilledMs: number;
  #throttledMs = -Infinity;
  #throttles = 0;
  #waiting = 0;
  #isServing = false;
  #nap = new AbortController();

  constructor(clock: Clock, limit: RateLimit) {
    this.#clock = clock;
    this.#limit = limit;
    this.#tokens = limit.burst;
    this.#perSecond = limit.perSecond;
    this.#refilledMs = clock.monotonicMs();
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** The number of throttle answers. */
  get throttles(): number {
    return this.#throttles;
  }

  /** Waits for a token and takes it. Rejects with the signal's reason if it aborts first. */
  take(priority: Priority, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(toError(signal.reason));
    if (this.#waiting === 0 && this.#tryTake()) return Promise.resolve();
    const line = this.#lines.get(priority);
    return new Promise((resolve, reject) => {
      const giveUp = (): void => {
        if (line?.delete(waiter) === true) this.#waiting -= 1;
        if (this.#waiting === 0) this.#wake();
        reject(toError(signal.reason));
      };
      const waiter: Waiter = {
        go: () => {
          signal.removeEventListener('abort', giveUp);
          resolve();
        },
      };
      signal.addEventListener('abort', giveUp, { once: true });
      line?.add(waiter);
      this.#waiting += 1;
      void this.#serve();
    });
  }

  /** Returns an unused token. */
  giveBack(): void {
    this.#tokens = Math.min(this.#limit.burst, this.#tokens + 1);
    this.#wake();
  }

  /** AWS throttled a call. */
  throttled(): void {
    this.#throttles += 1;
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#throttledMs < oneThrottleMs) return;
    this.#refill();
    this.#throttledMs = nowMs;
    this.#tokens = 0;
    this.#perSecond = Math.max(this.#limit.perSecond * leastOfRate, this.#perSecond / 2);
  }

  /** Runs while any call waits. */
  async #serve(): Promise<void> {
    if (this.#isServing) return;
    this.#isServing = true;
    while (this.#waiting > 0) {
      if (this.#tryTake()) {
        this.#next()?.go();
        continue;
      }
      this.#nap = new AbortController();
      const waitMs = Math.ceil(((1 - this.#tokens) / this.#perSecond) * 1000);
      // woken early: check again
      await this.#clock.sleep(waitMs, this.#nap.signal).catch(() => undefined);
    }
    this.#isServing = false;
  }

  #wake(): void {
    this.#nap.abort(new Cancelled('the bucket changed'));
  }

  #next(): Waiter | undefined {
    for (const line of this.#lines.values()) {
      const [first] = line;
      if (first === undefined) continue;
      line.delete(first);
      this.#waiting -= 1;
      return first;
    }
    return undefined;
  }

  #tryTake(): boolean {
    this.#refill();
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  #refill(): void {
    const nowMs = this.#clock.monotonicMs();
    const seconds = (nowMs - this.#refilledMs) / 1000;
    const { burst, perSecond } = this.#limit;
    this.#tokens = Math.min(burst, this.#tokens + seconds * this.#perSecond);
    this.#perSecond = Math.min(
      perSecond,
      this.#perSecond + (seconds * perSecond) / recoverySeconds,
    );
    this.#refilledMs = nowMs;
  }
}
