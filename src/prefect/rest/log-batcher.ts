import type { RunLogEntry } from '../../core/prefect/api-facts.ts';
import type { Clock } from '../../kernel/clock.ts';
import { toError } from '../../kernel/errors.ts';
import { logBody } from './log-body.ts';

export interface LogBatcherOptions {
  readonly write: (entries: readonly RunLogEntry[], signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly batchIntervalSeconds: number;
  /** Bytes. */
  readonly batchSize: number;
  /** Bytes of one entry's JSON. */
  readonly maxLogSize: number;
  /** Called when lines are lost, with their number and the reason. */
  readonly onLost: (count: number, reason: string) => void;
  /** Called for each accepted batch. */
  readonly onSent?: () => void;
}

/** The maximum of waiting entries. Beyond it, new ones are dropped and counted. */
const longestQueue = 20_000;

const truncationMark = '... [truncated]';
const truncationMargin = 50;

interface Waiting {
  readonly entry: RunLogEntry;
  readonly bytes: number;
}

/**
 * Sends log lines of flow runs to Prefect in batches: when a batch is 2 s old or full
 * (prefect-api.md 6). Writing must never wait or fail a launch. One batch is in flight at a time.
 */
export class LogBatcher {
  readonly #options: LogBatcherOptions;
  #queue: Waiting[] = [];
  #dropped = 0;
  #wake: () => void = () => undefined;

  constructor(options: LogBatcherOptions) {
    this.#options = options;
  }

  write(entry: RunLogEntry): void {
    if (this.#queue.length >= longestQueue) {
      this.#dropped += 1;
      return;
    }
    const fitting = fittedTo(entry, this.#options.maxLogSize);
    this.#queue.push({ entry: fitting, bytes: sizeOf(fitting) });
    if (this.#queue.length === 1) this.#wake();
  }

  /** Sends until the signal aborts. Call `flush` afterwards for the rest. */
  async run(signal: AbortSignal): Promise<void> {
    const woken = (): Promise<void> =>
      new Promise((resolve) => {
        this.#wake = () => {
          signal.removeEventListener('abort', this.#wake);
          resolve();
        };
        signal.addEventListener('abort', this.#wake, { once: true });
      });
    while (!signal.aborted) {
      if (this.#queue.length === 0) await woken();
      else {
        if (!this.#isFull())
          await this.#options.clock.sleep(this.#options.batchIntervalSeconds * 1000, signal);
        await this.flush(signal);
      }
    }
  }

  /**
   * Sends all waiting lines. Lines that the client's repetitions cannot deliver are lost and
   * reported as such.
   */
  async flush(signal: AbortSignal): Promise<void> {
    this.#tellDropped();
    while (this.#queue.length > 0) {
      const batch = this.#nextBatch();
      try {
        await this.#options.write(batch, signal);
        this.#options.onSent?.();
      } catch (error) {
        this.#options.onLost(batch.length, toError(error).message);
        if (signal.aborted) return;
      }
    }
  }

  get #fullAt(): number {
    const { batchSize, maxLogSize } = this.#options;
    return Math.max(batchSize - maxLogSize, maxLogSize);
  }

  #isFull(): boolean {
    let bytes = 0;
    for (const waiting of this.#queue) {
      bytes += waiting.bytes;
      if (bytes >= this.#fullAt) return true;
    }
    return false;
  }

  #nextBatch(): readonly RunLogEntry[] {
    let bytes = 0;
    let count = 0;
    for (const waiting of this.#queue) {
      if (count > 0 && bytes + waiting.bytes > this.#options.batchSize) break;
      bytes += waiting.bytes;
      count += 1;
      if (bytes >= this.#fullAt) break;
    }
    return this.#queue.splice(0, count).map((waiting) => waiting.entry);
  }

  #tellDropped(): void {
    if (this.#dropped === 0) return;
    this.#options.onLost(this.#dropped, 'too many lines were waiting');
    this.#dropped = 0;
  }
}

/**
 * Bytes of the JSON as the server counts them: every character beyond ASCII is written as `\uXXXX`.
 */
function sizeOf(entry: RunLogEntry): number {
  const json = JSON.stringify(logBody(entry, undefined));
  let bytes = json.length;
  for (let at = 0; at < json.length; at += 1) if (json.charCodeAt(at) > 0x7f) bytes += 5;
  return bytes;
}

function fittedTo(entry: RunLogEntry, maxLogSize: number): RunLogEntry {
  const excess = sizeOf(entry) - maxLogSize;
  if (excess <= 0) return entry;
  const keep = Math.max(0, entry.message.length - excess - truncationMargin);
  return { ...entry, message: entry.message.slice(0, keep) + truncationMark };
}
