import type { ReceivedMessage } from './event-queue.ts';

/**
 * How old a message may become before it is asked for: ten that were gathered cost one call, as one
 * does.
 */
const gatherMs = 600;

/** Clocks of ours and of SQS differ by less, or a backlog is taken for what it is. */
const mostSkewMs = 2_000;

/**
 * When to receive again, so that answers are full and no message waits for much longer than half a
 * second. While answers are full the age of what they bring tells: at any rate of arrival the calls
 * space themselves by the time that ten messages take to come; a backlog is received without a
 * pause.
 */
export class ReceivePace {
  /** The least age seen: nearly none, if clocks agree. */
  #leastAgeMs = mostSkewMs;

  /** How long to wait after this answer, of at most `asked` messages. */
  waitMs(messages: readonly ReceivedMessage[], asked: number, nowMs: number): number {
    if (messages.length === 0) return 0; // it has waited itself, for 20 s
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
