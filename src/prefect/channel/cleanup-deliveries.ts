import { linkAbort, type LinkedAbort } from '../../kernel/abort.ts';
import { toError } from '../../kernel/errors.ts';
import { Cancelled } from '../../kernel/task-group.ts';
import type { CleanupMessage } from './channel-frames.ts';
import type { CleanupOperations, OperationPorts } from './cleanup-operations.ts';

/** How a handler left the infrastructure of one message: gone, or not for this worker to touch. */
export type CleanupOutcome =
  | { readonly kind: 'ack' }
  | { readonly kind: 'release'; readonly reason: string };

/**
 * Must be idempotent: a message may be delivered more than once. Its signal aborts when another
 * worker may have taken over.
 */
export type HandleCleanup = (
  message: CleanupMessage,
  signal: AbortSignal,
) => Promise<CleanupOutcome>;

export interface DeliveryPorts extends OperationPorts {
  readonly operations: CleanupOperations;
  readonly handledKinds: readonly string[];
  readonly handle: HandleCleanup;
}

/** The lease is renewed this long before its end. */
const renewBeforeMs = 5_000;

/** The minimum between two renewals, should a server grant shorter leases. */
const renewEveryMs = 1_000;

/** A lease by our own clock. The server's clock does not matter. */
interface Lease {
  untilMs: number;
}

/**
 * The cleanup messages that are being handled, across connections: a lost connection does not stop
 * the work, because the reservation lives on at the server (prefect-api.md 2.10). A message whose
 * lease was lost must never be acknowledged: another worker may be handling it.
 */
export class CleanupDeliveries {
  readonly #ports: DeliveryPorts;
  readonly #inWork = new Map<string, LinkedAbort>();
  #limit = 0;

  constructor(ports: DeliveryPorts) {
    this.#ports = ports;
  }

  /** The number of messages at once that the current connection allows. */
  limitTo(limit: number): void {
    this.#limit = limit;
  }

  /** The current connection takes no cleanup work, so all running handlers are cancelled. */
  cancelAll(): void {
    for (const work of this.#inWork.values())
      work.abort(new Cancelled('cleanup deliveries have stopped'));
  }

  /**
   * Handles a message to its end. Never rejects. `sentAt` is when the server sent it, by the
   * server's clock.
   */
  async deliver(message: CleanupMessage, sentAt: Date, signal: AbortSignal): Promise<void> {
    try {
      await this.#accept(message, sentAt, signal);
    } catch (error) {
      const { messageId } = message;
      this.#ports.log.debug('Cleanup delivery stopped early', {
        messageId,
        error: toError(error).message,
      });
    }
  }

  async #accept(message: CleanupMessage, sentAt: Date, signal: AbortSignal): Promise<void> {
    const { clock, log, handledKinds } = this.#ports;
    const { messageId, reservationToken } = message;
    if (!handledKinds.includes(message.kind)) {
      return this.#release(message, 'unsupported_cleanup_kind', signal);
    }
    const leaseMs = message.leaseExpiresAt.getTime() - sentAt.getTime();
    if (leaseMs <= 0)
      return log.debug('Cleanup message arrived after its lease expired', { messageId });
    if (this.#inWork.has(reservationToken))
      return log.debug('Cleanup message is already being handled', { messageId });
    if (this.#inWork.size >= this.#limit)
      return this.#release(message, 'concurrency_limit_reached', signal);
    using work = linkAbort(signal);
    this.#inWork.set(reservationToken, work);
    try {
      await this.#work(message, { untilMs: clock.monotonicMs() + leaseMs }, work);
    } finally {
      this.#inWork.delete(reservationToken);
    }
  }

  async #work(message: CleanupMessage, lease: Lease, work: LinkedAbort): Promise<void> {
    using renewing = linkAbort(work.signal);
    const renewal = this.#renew(message, lease, renewing.signal).then(
      (status) => work.abort(new Cancelled(`the lease on the message was lost: ${status}`)),
      () => undefined, // stopped by the signal
    );
    try {
      const outcome = await this.#handled(message, work.signal);
      work.signal.throwIfAborted(); // another worker may hold the message now: send nothing more
      if (outcome.kind === 'release') {
        // the server closes the channel over an empty reason
        const reason = outcome.reason === '' ? 'handler_released' : outcome.reason;
        return await this.#release(message, reason, work.signal);
      }
      await this.#ports.operations.run({ kind: 'ack' }, message, Infinity, work.signal);
    } finally {
      renewing.abort(new Cancelled('handled'));
      await renewal;
    }
  }

  async #handled(message: CleanupMessage, signal: AbortSignal): Promise<CleanupOutcome> {
    try {
      return await this.#ports.handle(message, signal);
    } catch (error) {
      signal.throwIfAborted();
      const { messageId } = message;
      this.#ports.log.debug('Cleanup handler failed', { messageId, error: toError(error).message });
      return { kind: 'release', reason: 'handler_failed' };
    }
  }

  async #release(message: CleanupMessage, reason: string, signal: AbortSignal): Promise<void> {
    await this.#ports.operations.run({ kind: 'release', reason }, message, Infinity, signal);
  }

  /** Renews the lease. Resolves with the reason when the lease is lost. */
  async #renew(message: CleanupMessage, lease: Lease, signal: AbortSignal): Promise<string> {
    const { clock, operations } = this.#ports;
    for (let atLeastMs = 0; ; atLeastMs = renewEveryMs) {
      const leftMs = lease.untilMs - clock.monotonicMs();
      const waitMs = Math.max(atLeastMs, leftMs - renewBeforeMs);
      await clock.sleep(Math.max(0, Math.min(waitMs, leftMs)), signal);
      if (clock.monotonicMs() >= lease.untilMs) return 'expired';
      const outcome = await operations.run({ kind: 'renew' }, message, lease.untilMs, signal);
      if (outcome.kind === 'lost') return outcome.status;
      if (outcome.kind === 'done' && outcome.leaseLeftMs !== undefined) {
        lease.untilMs = clock.monotonicMs() + outcome.leaseLeftMs;
      }
    }
  }
}
