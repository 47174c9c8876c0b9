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

/** Throttle answers within this time are one: they answer calls that were under way together. */
const oneThrottleMs = 1_000;
/**
 * However often AWS throttles, this part of the rate stays: somebody has to find out that it is
 * over.
 */
const leastOfRate = 1 / 16;
/** The whole rate comes back in this time, were it all lost. */
const recoverySeconds = 60;

/**
 * A token bucket whose waiters are served by priority, then in order. A throttle answer empties it
 * and halves its rate, which then grows back slowly: others use the account too, and nobody tells
 * us how much.
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

  /** How often AWS said that it is too much. */
  get throttles(): number {
    return this.#throttles;
  }

  /** Waits for a token and takes it; rejects with the signal's reason when it aborts first. */
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

  /** Puts back a token that was not used. */
  giveBack(): void {
    this.#tokens = Math.min(this.#limit.burst, this.#tokens + 1);
    this.#wake();
  }

  /** AWS answered that it is too much. */
  throttled(): void {
    this.#throttles += 1;
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#throttledMs < oneThrottleMs) return;
    this.#refill();
    this.#throttledMs = nowMs;
    this.#tokens = 0;
    this.#perSecond = Math.max(this.#limit.perSecond * leastOfRate, this.#perSecond / 2);
  }

  /** Lives while anybody waits. */
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
      // woken early: look again
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
