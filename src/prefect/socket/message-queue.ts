import { toError } from '../../kernel/errors.ts';
import { SocketClosedError, type SocketClose } from './socket.ts';
import { Waiters } from './waiters.ts';

/**
 * What waits at most. The messages of a backfill come in one burst; a work pool's template can be a
 * megabyte.
 */
const longestQueue = { messages: 10_000, characters: 16 * 1024 * 1024 };

/** Messages that came and were not read yet, and the end that comes after them. */
export class MessageQueue {
  readonly #unread: string[] = [];
  readonly #readers = new Waiters<string>();
  #characters = 0;
  #end: SocketClose | undefined;

  /**
   * `false`: too much is unread already. The message is lost, and the connection should be closed.
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

  /** Nothing comes after this. */
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
