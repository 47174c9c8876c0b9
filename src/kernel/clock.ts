import { toError } from './errors.ts';

/** The only source of time. Handed in everywhere, so that tests decide how fast time passes. */
export interface Clock {
  /** Wall clock, for what we tell others. May jump. */
  now(): Date;
  /** Milliseconds since an arbitrary start, for durations and deadlines. Never goes back. */
  monotonicMs(): number;
  /**
   * Resolves after `ms` milliseconds; rejects with the signal's reason when `signal` aborts first.
   */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Lets the process do whatever else it has to: what is queued, and what came in meanwhile. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Longest wait one timer can hold; Node fires at once for anything above 2^31-1 ms. */
const longestTimerMs = 2_147_483_647;

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  // Not timers/promises: it makes an error with a stack for every timer that is called off, and
  // most are.
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
