import { isPassing } from '../core/prefect/api-error.ts';
import type { Clock } from '../kernel/clock.ts';
import { Semaphore } from '../kernel/semaphore.ts';
import type { ReadLane } from '../run/states/looks.ts';

/**
 * Calls of adoption to Prefect at once: Prefect must also serve the living workers (worker.md
 * 9.7.3).
 */
const mostAtOnce = 8;
/** One more call at once is allowed after this time without trouble. */
const growsEveryMs = 10_000;

/**
 * Limits the calls of adoption to Prefect and serves them in order. When Prefect is busy or ill,
 * halves how many run at once. Without it, the adoption of hundreds of runs would delay the claims
 * and heartbeats of living workers.
 */
export class AdoptionLane {
  readonly #clock: Clock;
  readonly #stopped: AbortSignal;
  readonly #turns = new Semaphore(mostAtOnce);
  #allowed = mostAtOnce;
  #changedAtMs = 0;

  constructor(clock: Clock, stopped: AbortSignal) {
    this.#clock = clock;
    this.#stopped = stopped;
  }

  readonly call: ReadLane = async (work) => {
    this.#turns.resize(this.#grown());
    using _turn = await this.#turns.take(this.#stopped);
    try {
      return await work();
    } catch (error) {
      if (isPassing(error)) this.#halve();
      throw error;
    } finally {
      this.#turns.resize(this.#grown());
    }
  };

  #grown(): number {
    const steps = Math.floor((this.#clock.monotonicMs() - this.#changedAtMs) / growsEveryMs);
    if (steps > 0 && this.#allowed < mostAtOnce) {
      this.#allowed = Math.min(mostAtOnce, this.#allowed + steps);
      this.#changedAtMs += steps * growsEveryMs;
    }
    return this.#allowed;
  }

  #halve(): void {
    this.#allowed = Math.max(1, Math.floor(this.#grown() / 2));
    this.#changedAtMs = this.#clock.monotonicMs();
  }
}
