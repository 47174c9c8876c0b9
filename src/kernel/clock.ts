import { toError } from './errors.ts';

/** The only source of time. Injected everywhere, so that tests control time. */
export interface Clock {
  /** Wall clock, for timestamps that others read. May jump. */
  now(): Date;
  /** Milliseconds since an arbitrary start, for durations and deadlines. Never goes back. */
  monotonicMs(): number;
  /** Resolves after `ms` milliseconds. Rejects with the signal's reason if it aborts first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Yields to the event loop, including input that arrived meanwhile. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The longest wait of one timer: Node fires immediately for more than 2^31-1 ms. */
const longestTimerMs = 2_147_483_647;

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  // Not timers/promises: that creates an error with a stack for each cancelled timer, and most
  // timers are cancelled.
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal.aborted) return reject(toError(signal.reason));
      let timer: NodeJS.Timeout;
      const stop = (): void => {
        clearTimeout(timer);
        reject(toError(signal.reason));
      };
      const wait = (left: number): void => {
        timer = setTimeout(
          () => {
            if (left > longestTimerMs) return wait(left - longestTimerMs);
            signal.removeEventListener('abort', stop);
            return resolve();
          },
          Math.min(left, longestTimerMs),
        );
      };
      signal.addEventListener('abort', stop, { once: true });
      return wait(Math.max(0, ms));
    }),
};
