import { AwsCallError } from '../../core/diagnosis/aws-error.ts';
import type { Clock } from '../../kernel/clock.ts';
import { toError } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { ReadableOutput } from '../../run/ports/aws.ts';
import type { StreamedOutput } from '../../run/ports/output-streams.ts';

/**
 * Pages of one read. When the other machine's clock is behind, no line looks newer than the read,
 * so the clock alone would not end it.
 */
const mostPages = 20;

/**
 * Reads one CloudWatch log stream forward, one read at a time. It owns the stream's forward token,
 * which is what keeps lines from being lost or shown twice.
 */
export class LogStream {
  readonly #output: StreamedOutput;
  readonly #clock: Clock;
  #token: string | undefined;
  #since: Date | undefined;
  #exists = false;
  /** The failure is logged once, until a read works again. */
  #isFailing = false;
  #reading: Promise<unknown> = Promise.resolve();

  constructor(output: StreamedOutput, clock: Clock) {
    this.#output = output;
    this.#clock = clock;
    this.#since = output.since;
  }

  get from(): ReadableOutput {
    return this.#output.from;
  }

  get log(): Logger {
    return this.#output.log;
  }

  get everyMs(): number {
    return this.#output.everyMs;
  }

  /** False until the stream has returned its first line. */
  get exists(): boolean {
    return this.#exists;
  }

  /** Lines were shown, and the last read succeeded. */
  get isWhole(): boolean {
    return this.#exists && !this.#isFailing;
  }

  /**
   * Shows all new lines and returns how many. A failed read is logged; the next read fetches the
   * same lines.
   */
  read(signal: AbortSignal): Promise<number> {
    const read = this.#reading.then(() => this.#readSafely(signal));
    this.#reading = read.catch(() => undefined);
    return read;
  }

  async #readSafely(signal: AbortSignal): Promise<number> {
    try {
      const count = await this.#readToEnd(signal);
      this.#isFailing = false;
      return count;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof AwsCallError && error.name === 'InvalidParameterException')
        this.#token = undefined; // the token has expired
      const { group, stream } = this.from;
      const request = JSON.stringify({ logGroupName: group, logStreamName: stream });
      const words = `Failed to read log events with request ${request}`;
      this.log[this.#isFailing ? 'debug' : 'error'](words, { error: toError(error).message });
      this.#isFailing = true;
      return 0;
    }
  }

  /**
   * An empty page is not the end of the stream: the end is the sent token coming back
   * (aws-ecs.md B.7.2). A container that never stops writing has no end, so lines written after
   * this read began are left to the next one.
   */
  async #readToEnd(signal: AbortSignal): Promise<number> {
    const { session, group, stream } = this.from;
    const begunMs = this.#clock.now().getTime();
    for (let count = 0, pages = 1; ; pages += 1) {
      const since =
        this.#since === undefined || this.#token !== undefined ? {} : { since: this.#since };
      const page = await session.readLog(
        { group, stream, from: 'head', token: this.#token, ...since },
        signal,
      );
      if (page === undefined) return count; // the stream does not exist yet
      this.#exists = true;
      for (const line of page.lines) this.#output.show(line);
      count += page.lines.length;
      const last = page.lines.at(-1);
      if (last !== undefined) this.#since = new Date(last.timestamp.getTime() + 1);
      const isEnd =
        page.forwardToken === undefined ||
        page.forwardToken === this.#token ||
        pages >= mostPages ||
        (last !== undefined && last.timestamp.getTime() >= begunMs);
      this.#token = page.forwardToken;
      if (isEnd) return count;
    }
  }
}
