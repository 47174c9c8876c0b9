import type { ReceivedMessage } from './event-queue.ts';

/**
 * How old a message may become before the next receive: ten collected messages cost one call, as a
 * single one does.
 */
const gatherMs = 600;

/** Our clock and that of SQS are assumed to differ by less. A larger age is a backlog. */
const mostSkewMs = 2_000;

/**
 * Decides when to receive again, so that answers are full and no message waits much longer than
 * half a second. A full answer is followed by a pause that shrinks with the age of its oldest
 * message. So calls space themselves by the time in which ten messages arrive, at any rate, and a
 * backlog is received without pauses.
 */
export class ReceivePace {
  /** The smallest age seen, which is the difference of the clocks plus a short delay. */
  #leastAgeMs = mostSkewMs;

  /** How long to wait after this answer to a request for at most `asked` messages. */
  waitMs(messages: readonly ReceivedMessage[], asked: number, nowMs: number): number {
    if (messages.length === 0) return 0; // the long poll has already waited for 20 s
    let oldestMs = -Infinity;
    for (const { sentAtMs } of messages) {
      if (sentAtMs === undefined) continue;
      this.#leastAgeMs = Math.min(this.#leastAgeMs, nowMs - sentAtMs);
      oldestMs = Math.max(oldestMs, nowMs - sentAtMs);
    }
    if (messages.length < asked) return gatherMs;
    if (oldestMs === -Infinity) return 0;
    return Math.max(0, gatherMs - (oldestMs - this.#leastAgeMs));
  }
}
