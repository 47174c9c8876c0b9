import { linkAbort, sharedAbortController } from './abort.ts';
import type { Clock } from './clock.ts';
import { Cancelled } from './task-group.ts';

interface Crowd {
  readonly untilMs: number;
  readonly full: AbortController;
  size: number;
}

/** Collects callers and releases them together: when enough have come, or after a maximum wait. */
export class Gathering {
  readonly #clock: Clock;
  readonly #waitMs: number;
  readonly #enough: number;
  #crowd: Crowd | undefined;

  constructor(
    clock: Clock,
    { waitMs, enough }: { readonly waitMs: number; readonly enough: number },
  ) {
    this.#clock = clock;
    this.#waitMs = waitMs;
    this.#enough = enough;
  }

  /** Rejects with the signal's reason if it aborts first. */
  async join(signal: AbortSignal): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    const crowd = this.#open(nowMs);
    crowd.size += 1;
    if (crowd.size >= this.#enough) {
      this.#crowd = undefined;
      crowd.full.abort(new Cancelled('enough have come'));
    }
    using waiting = linkAbort(signal, crowd.full.signal);
    try {
      await this.#clock.sleep(crowd.untilMs - nowMs, waiting.signal);
    } catch {
      signal.throwIfAborted();
    }
  }

  #open(nowMs: number): Crowd {
    if (this.#crowd !== undefined && this.#crowd.untilMs > nowMs) return this.#crowd;
    this.#crowd = { untilMs: nowMs + this.#waitMs, full: sharedAbortController(), size: 0 };
    return this.#crowd;
  }
}
