import { statementFor } from '../../core/diagnosis/policy.ts';
import { isDeniedRight } from '../../core/diagnosis/aws-error.ts';
import { linkAbort, type LinkedAbort } from '../../kernel/abort.ts';
import type { Clock } from '../../kernel/clock.ts';
import { toError } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/logger.ts';
import { afterFailure, errorAtOnce, Outage, well, type OutageState } from '../../kernel/outage.ts';
import { Cancelled } from '../../kernel/task-group.ts';
import type { EventQueue } from './event-queue.ts';
import { FailureCounter } from './failure-counter.ts';
import { Notifier } from '../../kernel/notifier.ts';

interface Held {
  readonly abort: LinkedAbort;
  extendAtMs: number;
}

export interface InFlightPorts {
  readonly clock: Clock;
  readonly log: Logger;
}

/** Messages are hidden from other readers for 300 s, so this leaves 60 s for retries. */
const extendEveryMs = 240_000;
const extendAgainMs = 5_000;
const perCall = 10;

/**
 * The messages that are being handled, one at a time for each task. All of them stay hidden from
 * other workers until they are handled: a second worker would otherwise report the same end
 * (worker.md 10.4). A message must never leave before its handler has settled. One timer serves
 * all of them.
 */
export class InFlightMessages {
  readonly #queue: Pick<EventQueue, 'extend'>;
  readonly #ports: InFlightPorts;
  readonly #most: number;
  readonly #held = new Map<string, Held>();
  readonly #lines = new Map<string, Promise<unknown>>();
  readonly #left = new Notifier();
  readonly #failures = new FailureCounter();
  readonly #visibility: Outage;
  #trouble: OutageState = well;

  constructor(queue: Pick<EventQueue, 'extend'>, ports: InFlightPorts, most: number) {
    this.#queue = queue;
    this.#ports = ports;
    this.#most = most;
    const advice =
      'Grant sqs:ChangeMessageVisibility to the worker. Until then task events may be handled ' +
      'twice. ' +
      statementFor('sqs:ChangeMessageVisibility', '');
    this.#visibility = new Outage(
      { what: 'Extending the visibility timeout of task events', calls: 'calls', advice },
      ports,
    );
  }

  get size(): number {
    return this.#held.size;
  }

  /** Resolves when another message may be received. */
  async room(signal: AbortSignal): Promise<void> {
    while (this.#held.size >= this.#most) await this.#left.next(signal);
  }

  /**
   * Handles a message after earlier messages of the same task. Never rejects. False: the message
   * must be redelivered.
   */
  async hold(
    receiptHandle: string,
    line: string | undefined,
    signal: AbortSignal,
    handle: (signal: AbortSignal) => Promise<void>,
  ): Promise<boolean> {
    using abort = linkAbort(signal);
    this.#held.set(receiptHandle, {
      abort,
      extendAtMs: this.#ports.clock.monotonicMs() + extendEveryMs,
    });
    try {
      await this.#inLine(line, () => {
        abort.signal.throwIfAborted();
        return handle(abort.signal);
      });
      this.#trouble = well;
      return true;
    } catch (error) {
      if (!signal.aborted) this.#tellNotHandled(toError(error));
      return false;
    } finally {
      this.#held.delete(receiptHandle);
      this.#left.raise();
    }
  }

  /**
   * Each message returns in five minutes, and during a Prefect outage all of them fail. So the
   * failure is logged every ten minutes, not for each message.
   */
  #tellNotHandled({ message: error }: Error): void {
    const nowMs = this.#ports.clock.monotonicMs();
    const after = afterFailure(this.#trouble, { begunMs: nowMs, nowMs }, errorAtOnce);
    this.#trouble = after.state;
    const level = after.tell ?? 'debug';
    this.#ports.log[level]('Failed to process ECS observer message', {
      error,
      failures: after.state.failures,
    });
  }

  /** Extends the visibility timeouts until the signal. */
  async extend(signal: AbortSignal): Promise<never> {
    const { clock } = this.#ports;
    for (;;) {
      const dueMs = Math.min(
        clock.monotonicMs() + extendEveryMs, // a message that arrives meanwhile is due no earlier
        ...[...this.#held.values()].map((held) => held.extendAtMs),
      );
      await clock.sleep(dueMs - clock.monotonicMs(), signal);
      const nowMs = clock.monotonicMs();
      const due = [...this.#held]
        .filter(([, held]) => held.extendAtMs <= nowMs)
        .map(([handle]) => handle);
      for (let at = 0; at < due.length; at += perCall)
        await this.#extend(due.slice(at, at + perCall), signal);
    }
  }

  async #extend(receiptHandles: readonly string[], signal: AbortSignal): Promise<void> {
    const nowMs = this.#ports.clock.monotonicMs();
    let failed: readonly string[];
    let error = new Error('SQS refused to extend the visibility timeout of a message');
    try {
      failed = await this.#queue.extend(receiptHandles, signal);
    } catch (thrown) {
      signal.throwIfAborted();
      failed = receiptHandles;
      error = toError(thrown);
    }
    for (const handle of receiptHandles) this.#extendAt(handle, nowMs + extendEveryMs);
    if (failed.length === 0) {
      this.#visibility.succeeded();
      return this.#failures.succeeded();
    }
    const answer = this.#failures.failed(error);
    if (isDeniedRight(error)) this.#visibility.failed(error, errorAtOnce);
    else
      this.#ports.log.debug('Could not extend the visibility timeout of messages', {
        error: error.message,
      });
    if (answer.kind === 'wait') {
      for (const handle of failed)
        this.#extendAt(handle, nowMs + Math.max(extendAgainMs, answer.ms));
      return undefined;
    }
    this.#failures.succeeded();
    for (const handle of failed)
      this.#held
        .get(handle)
        ?.abort.abort(new Cancelled('another reader may hold the message by now'));
    return undefined;
  }

  #extendAt(receiptHandle: string, atMs: number): void {
    const held = this.#held.get(receiptHandle);
    if (held !== undefined) held.extendAtMs = atMs;
  }

  async #inLine(line: string | undefined, work: () => Promise<void>): Promise<void> {
    if (line === undefined) return work();
    const turn = (this.#lines.get(line) ?? Promise.resolve()).then(work);
    const settled = turn.catch(() => undefined);
    this.#lines.set(line, settled);
    try {
      await turn;
    } finally {
      if (this.#lines.get(line) === settled) this.#lines.delete(line);
    }
    return undefined;
  }
}
