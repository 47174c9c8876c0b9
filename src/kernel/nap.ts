import { linkAbort } from './abort.ts';
import type { Clock } from './clock.ts';
import { Cancelled } from './task-group.ts';

/** A wait whose end can move. One waiter at a time. */
export class Nap {
  #wake: () => void = () => undefined;

  /** Call when the end may have changed. */
  reconsider(): void {
    this.#wake();
  }

  /** Waits until `dueMs()`, which is evaluated again after each change. */
  async until(dueMs: () => number, clock: Clock, signal: AbortSignal): Promise<void> {
    for (;;) {
      const leftMs = dueMs() - clock.monotonicMs();
      if (leftMs <= 0) return;
      using nap = linkAbort(signal);
      this.#wake = () => nap.abort(new Cancelled('the wait may be over'));
      try {
        await clock.sleep(leftMs, nap.signal);
      } catch {
        signal.throwIfAborted();
      } finally {
        this.#wake = () => undefined;
      }
    }
  }
}
