import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/logger.ts';

/**
 * Heartbeats, polls and claims wait as long as the server asks, within these bounds. A longer wait
 * would be an outage, a shorter one a storm of calls.
 */
const [shortestMs, longestMs] = [1_000, 120_000];
const saidAgainMs = 60_000;

/** Bounds the waits that a server asks for, and logs them once a minute. */
export class ServerWaits {
  readonly #clock: Clock;
  readonly #log: Logger;
  #saidAtMs = -Infinity;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  /** How long to wait before `what` is repeated, if the server asks for `askedMs`. */
  boundedMs(askedMs: number, what: string): number {
    const waitMs = Math.min(longestMs, Math.max(shortestMs, askedMs));
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#saidAtMs < saidAgainMs) return waitMs;
    this.#saidAtMs = nowMs;
    const asked =
      `Prefect asked the worker to wait ${Math.round(askedMs / 1000)} s before it repeats ` + what;
    if (waitMs < askedMs) this.#log.warning(`${asked}. The worker waits only ${waitMs / 1000} s.`);
    else this.#log.info(`${asked}.`);
    return waitMs;
  }
}

/** `Retry-After` in seconds or as a date (Python supports only seconds). */
export function retryAfterMs(header: string | null, now: Date): number | undefined {
  if (header === null || header.trim() === '') return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return seconds * 1000;
  const date = new Date(header).getTime();
  return Number.isNaN(date) ? undefined : date - now.getTime();
}
