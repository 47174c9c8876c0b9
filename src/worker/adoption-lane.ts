import { isPassing } from '../core/prefect/api-error.ts';
import { toError } from '../kernel/errors.ts';
import type { Clock } from '../kernel/clock.ts';
import type { ReadLane } from '../run/states/looks.ts';

/** Calls of adoption to Prefect at once: its living workers are to be served meanwhile (ownership.md 9.7.3). */
const mostAtOnce = 8;
/** One more is allowed after so long without trouble. */
const growsEveryMs = 10_000;

/** Calls of adoption, in the order in which they were asked for. A server that is busy, or ill, gets half as many at once. */
export class AdoptionLane {
  readonly #clock: Clock;
  readonly #stopped: AbortSignal;
  readonly #waiting: (() => void)[] = [];
  #allowed = mostAtOnce;
  #changedAtMs = 0;
  #busy = 0;

  constructor(clock: Clock, stopped: AbortSignal) {
    this.#clock = clock;
    this.#stopped = stopped;
  }

  readonly call: ReadLane = async (work) => {
    this.#stopped.throwIfAborted();
    if (this.#busy < this.#mayBeBusy()) this.#busy += 1;
    else await this.#turn();
    try {
      return await work();
    } catch (error) {
      if (isPassing(error)) this.#halve();
      throw error;
    } finally {
      this.#busy -= 1;
      this.#letIn();
    }
  };

  #mayBeBusy(): number {
    const steps = Math.floor((this.#clock.monotonicMs() - this.#changedAtMs) / growsEveryMs);
    if (steps > 0 && this.#allowed < mostAtOnce) {
      this.#allowed = Math.min(mostAtOnce, this.#allowed + steps);
      this.#changedAtMs += steps * growsEveryMs;
    }
    return this.#allowed;
  }

  #halve(): void {
    this.#allowed = Math.max(1, Math.floor(this.#mayBeBusy() / 2));
    this.#changedAtMs = this.#clock.monotonicMs();
  }

  #turn(): Promise<void> {
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        this.#stopped.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1);
        reject(toError(this.#stopped.reason));
      };
      this.#stopped.addEventListener('abort', leave, { once: true });
      this.#waiting.push(enter);
    });
  }

  #letIn(): void {
    while (this.#busy < this.#mayBeBusy()) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.#busy += 1;
      next();
    }
  }
}
