import type { Clock } from './clock.ts';

/**
 * The clock of a server, by the `Date` of its latest answer and the time that passed here since
 * (worker.md 0.4.13). What a server stamped is aged by the server's clock alone: ours may be
 * minutes off. Seconds are all that the header tells.
 */
export class RemoteClock {
  readonly #clock: Clock;
  #told: { readonly dateMs: number; readonly atMs: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** `date`: the header of an answer that just arrived. An unreadable one is ignored. */
  note(date: string | null | undefined): void {
    const dateMs = Date.parse(date ?? '');
    if (!Number.isNaN(dateMs)) this.#told = { dateMs, atMs: this.#clock.monotonicMs() };
  }

  /** Our own time until the first answer of the server. */
  now(): Date {
    if (this.#told === undefined) return this.#clock.now();
    return new Date(this.#told.dateMs + this.#clock.monotonicMs() - this.#told.atMs);
  }

  /** Milliseconds since a server's timestamp. 0 for a missing or future one. */
  ageMs(timestamp: string | Date | undefined): number {
    if (timestamp === undefined) return 0;
    return Math.max(0, this.now().getTime() - new Date(timestamp).getTime());
  }
}
