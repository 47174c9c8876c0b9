import type { Clock } from '../../kernel/clock.ts';
import type { Ids } from './ids.ts';
import { plusSeconds, timestampOfDate, type Timestamp } from './timestamps.ts';

export interface CleanupMessage {
  readonly messageId: string;
  readonly poolId: string;
  readonly queueId: string | null;
  readonly kind: string;
  readonly target: Readonly<Record<string, unknown>>;
}

interface Entry {
  readonly message: CleanupMessage;
  deliveries: number;
  reservation: Reservation | undefined;
  end: 'acked' | 'dead' | undefined;
}

export interface Reservation {
  readonly message: CleanupMessage;
  readonly token: string;
  expires: Timestamp;
  readonly deliveryCount: number;
}

export interface OperationResult {
  readonly status:
    | 'accepted'
    | 'not_found'
    | 'not_current'
    | 'expired'
    | 'invalid_token'
    | 'dead_lettered';
  readonly leaseExpiresAt?: Timestamp;
  readonly reason?: string;
}

const leaseSeconds = 30;
const mostDeliveries = 3;

/**
 * Cleanup work for workers: delivered at least once, with one reservation at a time. After three
 * deliveries it becomes a dead letter.
 */
export class CleanupQueue {
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock, ids: Ids) {
    this.#clock = clock;
    this.#ids = ids;
  }

  add(message: CleanupMessage): void {
    this.#entries.set(message.messageId, {
      message,
      deliveries: 0,
      reservation: undefined,
      end: undefined,
    });
  }

  /** Messages that no worker completed in all their deliveries. */
  get deadLetters(): readonly CleanupMessage[] {
    return [...this.#entries.values()]
      .filter((entry) => entry.end === 'dead')
      .map((entry) => entry.message);
  }

  /** `queueIds` undefined: of any queue of the pool. */
  reserve(
    poolId: string,
    kinds: readonly string[],
    queueIds?: readonly string[],
  ): Reservation | undefined {
    this.expire();
    for (const entry of this.#entries.values()) {
      const { message } = entry;
      if (entry.end !== undefined || entry.reservation !== undefined || message.poolId !== poolId)
        continue;
      if (!kinds.includes(message.kind)) continue;
      if (queueIds !== undefined && !queueIds.includes(message.queueId ?? '')) continue;
      entry.deliveries += 1;
      entry.reservation = {
        message,
        token: this.#ids.uuid(),
        expires: plusSeconds(this.#now(), leaseSeconds),
        deliveryCount: entry.deliveries,
      };
      return entry.reservation;
    }
    return undefined;
  }

  ack(poolId: string, messageId: string, token: string): OperationResult {
    const found = this.#current(poolId, messageId, token);
    if ('status' in found) return found;
    found.end = 'acked';
    found.reservation = undefined;
    return { status: 'accepted' };
  }

  release(poolId: string, messageId: string, token: string): OperationResult {
    const found = this.#current(poolId, messageId, token);
    if ('status' in found) return found;
    return this.#giveUp(found) === 'dead'
      ? { status: 'dead_lettered', reason: 'max_delivery_attempts_reached' }
      : { status: 'accepted' };
  }

  renew(poolId: string, messageId: string, token: string): OperationResult {
    const found = this.#current(poolId, messageId, token);
    if ('status' in found) return found;
    const leaseExpiresAt = plusSeconds(this.#now(), leaseSeconds);
    if (found.reservation !== undefined) found.reservation.expires = leaseExpiresAt;
    return { status: 'accepted', leaseExpiresAt };
  }

  /** Whether this reservation is still valid. */
  holds(messageId: string, token: string): boolean {
    return this.#entries.get(messageId)?.reservation?.token === token;
  }

  /** Ends reservations that were not renewed. */
  expire(): void {
    const now = this.#now();
    for (const entry of this.#entries.values()) {
      if (entry.reservation !== undefined && entry.reservation.expires <= now) this.#giveUp(entry);
    }
  }

  #giveUp(entry: Entry): 'dead' | 'waiting' {
    entry.reservation = undefined;
    if (entry.deliveries < mostDeliveries) return 'waiting';
    entry.end = 'dead';
    return 'dead';
  }

  #current(poolId: string, messageId: string, token: string): Entry | OperationResult {
    const entry = this.#entries.get(messageId);
    if (entry === undefined || entry.message.poolId !== poolId || entry.end === 'acked') {
      return { status: 'not_found' };
    }
    if (entry.end === 'dead') return { status: 'dead_lettered', reason: 'message_dead_lettered' };
    const { reservation } = entry;
    if (reservation === undefined) return { status: 'not_current' };
    if (reservation.token !== token) return { status: 'invalid_token' };
    if (reservation.expires > this.#now()) return entry;
    this.#giveUp(entry);
    return { status: 'expired' };
  }

  #now(): Timestamp {
    return timestampOfDate(this.#clock.now());
  }
}
