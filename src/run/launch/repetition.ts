import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/logger.ts';
import { asSentence } from '../../kernel/outage.ts';

/** Most RunTask errors are over by then. */
const toldAfterMs = 15_000;
const toldAgainMs = 5 * 60_000;

/**
 * Logs to the run why its RunTask is repeated: at debug level at first, as a warning when that
 * lasts, because the run does not advance meanwhile.
 */
export class Repetition {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #beganMs: number;
  #toldMs: number | undefined;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
    this.#beganMs = clock.monotonicMs();
  }

  tell(error: Error, attempt: number, waitMs: number): void {
    const nowMs = this.#clock.monotonicMs();
    const dueMs =
      this.#toldMs === undefined ? this.#beganMs + toldAfterMs : this.#toldMs + toldAgainMs;
    if (nowMs < dueMs) {
      this.#log.debug('Repeating RunTask with the same token', {
        attempt,
        waitMs,
        error: error.message,
      });
      return;
    }
    this.#toldMs = nowMs;
    this.#log.warning(
      `RunTask has failed ${attempt} times for this launch. Retrying with the same token in ` +
        `${Math.ceil(waitMs / 1000)} s. ${asSentence(error.message)}`,
    );
  }
}
