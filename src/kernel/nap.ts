import { linkAbort } from './abort.ts';
import type { Clock } from './clock.ts';
import { Cancelled } from './task-group.ts';

/** A wait whose end may be moved while it lasts. One waits at a time. */
export class Nap {
  #wake: () => void = () => undefined;

  /** When it ends may have changed. */
  reconsider(): void {
    this.#wake();
  }

  /** Waits until the clock shows `dueMs()`, which is asked again whenever somebody says so. */
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
