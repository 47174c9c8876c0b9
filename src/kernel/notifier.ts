import { toError } from './errors.ts';

/** Wakes all current waiters. A waiter must check again whether its own condition holds. */
export class Notifier {
  #wake: () => void = () => undefined;
  #next: Promise<void> | undefined;

  raise(): void {
    this.#next = undefined;
    this.#wake();
  }

  /** Rejects with the signal's reason if it aborts first. */
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
