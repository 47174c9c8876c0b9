import type { Clock } from '../../kernel/clock.ts';
import type { Ids } from './ids.ts';
import type { DeploymentSlots } from './orchestration/rule.ts';
import type { Row } from './records.ts';
import { Table } from './table.ts';
import { plusSeconds, secondsBetween, timestampOfDate, type Timestamp } from './timestamps.ts';

export interface ConcurrencyLimit extends Row {
  readonly active: boolean;
  readonly name: string;
  readonly limit: number;
  readonly active_slots: number;
  readonly denied_slots: number;
  readonly slot_decay_per_second: number;
  readonly avg_slot_occupancy_seconds: number;
}

interface Lease {
  readonly id: string;
  readonly limitIds: readonly string[];
  readonly slots: number;
  readonly created: Timestamp;
  expires: Timestamp;
}

const leastOccupancySeconds = 0.1;
const samplesPerSlot = 2;

/**
 * Global concurrency limits, their slots, and the leases that hold slots. Leases are in memory and
 * are lost when the server restarts.
 */
export class ConcurrencyLimits {
  readonly rows = new Table<ConcurrencyLimit>();
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #leases = new Map<string, Lease>();

  constructor(clock: Clock, ids: Ids) {
    this.#clock = clock;
    this.#ids = ids;
  }

  create(
    facts: Partial<ConcurrencyLimit> & { readonly name: string; readonly limit: number },
  ): ConcurrencyLimit {
    const now = this.#now();
    return this.rows.put({
      active: true,
      active_slots: 0,
      denied_slots: 0,
      slot_decay_per_second: 0,
      avg_slot_occupancy_seconds: 2,
      ...facts,
      id: this.#ids.uuid(),
      created: now,
      updated: now,
    });
  }

  find(idOrName: string): ConcurrencyLimit | undefined {
    return (
      this.rows.get(idOrName.toLowerCase()) ?? this.rows.find((limit) => limit.name === idOrName)
    );
  }

  /** The slots in use now. Those of a rate limit free themselves over time. */
  activeSlots(limit: ConcurrencyLimit): number {
    const decayed = Math.floor(
      limit.slot_decay_per_second * secondsBetween(limit.updated, this.#now()),
    );
    return Math.max(0, limit.active_slots - decayed);
  }

  /** Takes all of them or none. */
  take(limitIds: readonly string[], slots: number): boolean {
    const limits = limitIds.map((id) => this.rows.get(id));
    const areFree = limits.every(
      (limit) => limit?.active === true && this.activeSlots(limit) + slots <= limit.limit,
    );
    if (!areFree) return false;
    for (const limit of limits) {
      if (limit !== undefined)
        this.#update(limit, { active_slots: this.activeSlots(limit) + slots });
    }
    return true;
  }

  giveBack(limitIds: readonly string[], slots: number, occupancySeconds?: number): void {
    for (const limit of limitIds.map((id) => this.rows.get(id))) {
      if (limit?.active !== true) continue;
      const active_slots = Math.max(0, this.activeSlots(limit) - slots);
      this.#update(limit, { active_slots, ...averageOccupancy(limit, slots, occupancySeconds) });
    }
  }

  deny(limitIds: readonly string[], slots: number): void {
    for (const limit of limitIds.map((id) => this.rows.get(id))) {
      if (limit?.active === true) this.#update(limit, { denied_slots: limit.denied_slots + slots });
    }
  }

  lease(limitIds: readonly string[], slots: number, seconds: number): string {
    const now = this.#now();
    const lease: Lease = {
      id: this.#ids.uuid(),
      limitIds,
      slots,
      created: now,
      expires: plusSeconds(now, seconds),
    };
    this.#leases.set(lease.id, lease);
    return lease.id;
  }

  /** An expired lease can be renewed until it has been reaped. */
  renew(leaseId: string, seconds: number): boolean {
    const lease = this.#leases.get(leaseId);
    if (lease === undefined) return false;
    lease.expires = plusSeconds(this.#now(), seconds);
    return true;
  }

  /** False if the lease does not exist, or no longer does. */
  endLease(leaseId: string): boolean {
    const lease = this.#leases.get(leaseId);
    if (lease === undefined) return false;
    this.giveBack(lease.limitIds, lease.slots, secondsBetween(lease.created, this.#now()));
    return this.#leases.delete(leaseId);
  }

  forgetLease(leaseId: string): void {
    this.#leases.delete(leaseId);
  }

  /** What the server's Repossessor does every 15 s. */
  reapExpired(): void {
    const now = this.#now();
    for (const lease of this.#leases.values()) if (lease.expires < now) this.endLease(lease.id);
  }

  /** A server restart loses every lease. The slots stay taken, as in the database. */
  loseLeases(): void {
    this.#leases.clear();
  }

  slotsOf(limitId: string | null): DeploymentSlots | undefined {
    const limit = limitId === null ? undefined : this.rows.get(limitId);
    if (limit === undefined) return undefined;
    const ids = [limit.id];
    return {
      limit: limit.limit,
      isFull: () => this.activeSlots(this.rows.get(limit.id) ?? limit) >= limit.limit,
      take: () => this.take(ids, 1),
      giveBack: () => this.giveBack(ids, 1),
      lease: (seconds) => this.lease(ids, 1, seconds),
      renew: (leaseId, seconds) => this.renew(leaseId, seconds),
      release: (leaseId) => void (this.endLease(leaseId) || this.giveBack(ids, 1)),
      forget: (leaseId) => this.forgetLease(leaseId),
    };
  }

  #update(limit: ConcurrencyLimit, change: Partial<ConcurrencyLimit>): void {
    this.rows.put({ ...limit, ...change, updated: this.#now() });
  }

  #now(): Timestamp {
    return timestampOfDate(this.#clock.now());
  }
}

/** A weighted average over the last `limit * samplesPerSlot` occupants. */
function averageOccupancy(
  limit: ConcurrencyLimit,
  slots: number,
  occupancySeconds: number | undefined,
): Partial<ConcurrencyLimit> {
  if (occupancySeconds === undefined || occupancySeconds <= 0 || limit.limit === 0) return {};
  const perSlot = Math.max(occupancySeconds / slots, leastOccupancySeconds);
  const weight = limit.limit * samplesPerSlot;
  const { avg_slot_occupancy_seconds: average } = limit;
  return { avg_slot_occupancy_seconds: average + (perSlot - average) / weight };
}
