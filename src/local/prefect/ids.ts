import type { Clock } from '../../kernel/clock.ts';
import type { Random } from '../../kernel/random.ts';

/**
 * Ids as the server creates them: UUIDs of version 7 for states and events, which sort by time;
 * version 4 for the rest.
 */
export class Ids {
  readonly #clock: Clock;
  readonly #random: Random;
  #lastMs = 0;
  #sequence = 0;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  uuid(): string {
    return this.#random.uuid();
  }

  /**
   * Later ids are greater, also within one millisecond, because a counter replaces the random part.
   */
  ordered(): string {
    const nowMs = this.#clock.now().getTime();
    if (nowMs > this.#lastMs) {
      this.#lastMs = nowMs;
      this.#sequence = 0;
    } else {
      this.#sequence += 1;
      if (this.#sequence > 0xfff) {
        this.#lastMs += 1;
        this.#sequence = 0;
      }
    }
    const time = this.#lastMs.toString(16).padStart(12, '0');
    const sequence = this.#sequence.toString(16).padStart(3, '0');
    return `${time.slice(0, 8)}-${time.slice(8)}-7${sequence}-${this.#random.uuid().slice(19)}`;
  }
}
