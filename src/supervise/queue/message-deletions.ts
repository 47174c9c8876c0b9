import type { Clock } from '../../kernel/clock.ts';
import { toError } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { EventQueue } from './event-queue.ts';
import { FailureCounter, waitOf } from './failure-counter.ts';
import { Notifier } from '../../kernel/notifier.ts';

export interface MessageDeletionPorts {
  readonly clock: Clock;
  readonly log: Logger;
}

const perCall = 10;

/**
 * How long handled messages are collected: deleting ten costs as much as deleting one. They stay
 * hidden for minutes.
 */
const gatherMs = 1_000;

/** With more messages than this waiting for deletion, receiving pauses. */
const mostWaiting = 500;

/**
 * Owns the handled messages and deletes them, ten a call. It must never delete a message whose
 * effect is not stored yet.
 */
export class MessageDeletions {
  readonly #queue: Pick<EventQueue, 'delete'>;
  readonly #ports: MessageDeletionPorts;
  readonly #failures = new FailureCounter();
  readonly #came = new Notifier();
  readonly #left = new Notifier();
  #waiting: string[] = [];

  constructor(queue: Pick<EventQueue, 'delete'>, ports: MessageDeletionPorts) {
    this.#queue = queue;
    this.#ports = ports;
  }

  add(receiptHandle: string): void {
    this.#waiting.push(receiptHandle);
    this.#came.raise();
  }

  /** Resolves when more messages may be handed over. */
  async room(signal: AbortSignal): Promise<void> {
    while (this.#waiting.length >= mostWaiting) await this.#left.next(signal);
  }

  /** Deletes until the signal. Messages that are left are redelivered, which does no harm. */
  async delete(signal: AbortSignal): Promise<never> {
    for (;;) {
      if (this.#waiting.length === 0) await this.#came.next(signal);
      if (this.#waiting.length < perCall) await this.#ports.clock.sleep(gatherMs, signal);
      await this.#deleteSome(signal);
      this.#left.raise();
    }
  }

  async #deleteSome(signal: AbortSignal): Promise<void> {
    const some = this.#waiting.slice(0, perCall);
    let error = new Error('SQS refused to delete a message');
    let failed: readonly string[] = some;
    try {
      failed = await this.#queue.delete(some, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      error = toError(thrown);
    }
    const isDone = new Set(some.filter((handle) => !failed.includes(handle)));
    this.#waiting = this.#waiting.filter((handle) => !isDone.has(handle));
    if (failed.length === 0) return this.#failures.succeeded();
    this.#ports.log.debug('Could not delete task events', { error: error.message });
    return this.#ports.clock.sleep(waitOf(this.#failures.failed(error)), signal);
  }
}
