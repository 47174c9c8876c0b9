import { nextTurn, type Clock } from './clock.ts';

/**
 * How long computing may go on before others have a turn: heartbeats, leases and cancellations wait
 * no longer than that.
 */
const longestMs = 20;

/**
 * Lets those who compute share the process's one loop with each other and with everything else:
 * whoever asks when it has been busy for long goes on in a turn of its own, after those who asked
 * before. Nothing is kept busy when nobody computes.
 */
export class LoopShare {
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  #busySinceMs: number | undefined;
  #line: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock;
  }

  /** Between two pieces of work: goes on at once, or when others had their turn. */
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
