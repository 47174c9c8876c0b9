import { toError } from '../../kernel/errors.ts';
import { SocketClosedError, type SocketClose } from './socket.ts';
import { Waiters } from './waiters.ts';

/**
 * The maximum of unread messages. The messages of a backfill arrive in one burst, and a work pool's
 * template can be a megabyte.
 */
const longestQueue = { messages: 10_000, characters: 16 * 1024 * 1024 };

/** Messages that were received and not read yet, and the close that follows them. */
export class MessageQueue {
  readonly #unread: string[] = [];
  readonly #readers = new Waiters<string>();
  #characters = 0;
  #end: SocketClose | undefined;

  /**
   * `false`: too many messages are unread. This one is lost, and the connection should be closed.
   */
  push(text: string): boolean {
    if (this.#readers.wakeFirst(text)) return true;
    const { messages, characters } = longestQueue;
    if (this.#unread.length >= messages || this.#characters + text.length > characters)
      return false;
    this.#unread.push(text);
    this.#characters += text.length;
    return true;
  }

  /** Nothing follows this. */
  end(close: SocketClose): void {
    this.#end ??= close;
    this.#readers.failAll(new SocketClosedError(this.#end));
  }

  next(signal: AbortSignal): Promise<string> {
    if (signal.aborted) return Promise.reject(toError(signal.reason));
    const text = this.#unread.shift();
    if (text !== undefined) {
      this.#characters -= text.length;
      return Promise.resolve(text);
    }
    if (this.#end !== undefined) return Promise.reject(new SocketClosedError(this.#end));
    return this.#readers.wait(signal);
  }
}
