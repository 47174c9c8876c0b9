import { setTimeout as sleepFor } from 'node:timers/promises';

/** The only source of time. Handed in everywhere, so that tests decide how fast time passes. */
export interface Clock {
  /** Wall clock, for what we tell others. May jump. */
  now(): Date;
  /** Milliseconds since an arbitrary start, for durations and deadlines. Never goes back. */
  monotonicMs(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when `signal` aborts first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Longest wait one timer can hold; Node fires at once for anything above 2^31-1 ms. */
const longestTimerMs = 2_147_483_647;

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    signal.throwIfAborted();
    for (let left = ms; ; left -= longestTimerMs) {
      await sleepFor(Math.max(0, Math.min(left, longestTimerMs)), undefined, { signal }).catch(
        (error: unknown) => {
          signal.throwIfAborted(); // our reason, not Node's AbortError
          throw error;
        },
      );
      if (left <= longestTimerMs) return;
    }
  },
};
