import { toError } from '../../kernel/errors.ts';

interface Waiter<T> {
  wake(value: T): void;
  fail(error: Error): void;
}

/** Calls that wait for a value from another part, served in order of arrival. */
export class Waiters<T> {
  readonly #waiting: Waiter<T>[] = [];

  /** Rejects with the signal's reason if it aborts first. */
  wait(signal: AbortSignal): Promise<T> {
    if (signal.aborted) return Promise.reject(toError(signal.reason));
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        reject(toError(signal.reason));
      };
      const settle = (act: () => void): void => {
        signal.removeEventListener('abort', leave);
        act();
      };
      const waiter: Waiter<T> = {
        wake: (value) => settle(() => resolve(value)),
        fail: (error) => settle(() => reject(error)),
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiter);
    });
  }

  /** `false`: no call waits. */
  wakeFirst(value: T): boolean {
    const first = this.#waiting.shift();
    first?.wake(value);
    return first !== undefined;
  }

  wakeAll(value: T): void {
    for (const waiter of this.#waiting.splice(0)) waiter.wake(value);
  }

  failAll(error: Error): void {
    for (const waiter of this.#waiting.splice(0)) waiter.fail(error);
  }
}
