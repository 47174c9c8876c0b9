import { nextTurn, type Clock } from './clock.ts';

/**
 * How long a computation may run before it yields. Heartbeats and leases wait at most this long.
 */
const longestMs = 20;

/**
 * Lets long computations share the event loop. A computation that asks after the loop has been busy
 * for too long continues in a later turn, after those that asked before. Costs nothing while no
 * computation runs.
 */
export class LoopShare {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #busySinceMs: number | undefined;
  #line: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** Await this between two pieces of work: it yields if necessary. */
  async pause(): Promise<void> {
    if (this.#waiting === 0 && !this.#isBusyForLong()) return;
    this.#waiting += 1;
    this.#line = this.#line.then(nextTurn);
    await this.#line;
    this.#waiting -= 1;
    this.#busySinceMs = this.#clock.monotonicMs();
  }

  #isBusyForLong(): boolean {
    const nowMs = this.#clock.monotonicMs();
    if (this.#busySinceMs === undefined) {
      this.#busySinceMs = nowMs;
      void nextTurn().then(() => (this.#busySinceMs = undefined));
    }
    return nowMs - this.#busySinceMs >= longestMs;
  }
}
