import { toError } from './errors.ts';

/** Wakes whoever waits now. One who waits for more than one thing looks again. */
export class Notifier {
  #wake: () => void = () => undefined;
  #next: Promise<void> | undefined;

  raise(): void {
    this.#next = undefined;
    this.#wake();
  }

  /** Rejects with the signal's reason when it aborts first. */
  async next(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.#next ??= new Promise((resolve) => {
      this.#wake = resolve;
    });
    const raised = this.#next;
    await new Promise<void>((resolve, reject) => {
      const stop = (): void => reject(toError(signal.reason));
      signal.addEventListener('abort', stop, { once: true });
      void raised.then(() => {
        signal.removeEventListener('abort', stop);
        resolve();
      });
    });
  }
}
