import type { WorkerRecord } from '../prefect/worker-record.ts';

/** One listing of a pool's workers, newest heartbeat first. */
export interface WorkerListing {
  readonly workers: readonly WorkerRecord[];
  /** The oldest heartbeat on the pages that were read. Undefined: they were read to the end. */
  readonly readDownTo: string | undefined;
}

export type NameVerdict = 'alive' | 'dead' | 'unknown';

/**
 * How many heartbeats a worker may miss, and by how much one may be late, before it counts as dead
 * (worker.md D2).
 */
const missedHeartbeats = 3;
const lateByMs = 15_000;
const defaultIntervalSeconds = 30;
/**
 * A name that is absent for so long has signed off (worker.md D1). A living worker whose record was
 * deleted may be taken for dead: it makes a new record only with its next heartbeat.
 */
const signedOffAfterMs = 25_000;
/** If two listings are further apart, the time between them is unknown. */
const longestGapMs = 45_000;
/** While no heartbeat advances, the server is failing, not the peers. */
const ownAdvancesUntilJudged = 2;
/** When to forget a name that left, if nothing has asked for it. */
const forgottenAfterMs = 3_600_000;

interface Peer {
  readonly verdict: NameVerdict;
  readonly isListed: boolean;
  /** Undefined: not in any listing yet. */
  readonly lastHeartbeatTime: string | undefined;
  readonly intervalSeconds: number | undefined;
  /** Not in any listing yet, only named by a run. */
  readonly isUnread: boolean;
  /** Since when it is silent or missing, in listings without a gap. */
  readonly sinceMs: number;
  readonly ownAdvances: number;
}

/** How long a worker may be silent before it counts as dead, in milliseconds. */
export function longestSilenceMs(intervalSeconds: number | undefined): number {
  return missedHeartbeats * (intervalSeconds ?? defaultIntervalSeconds) * 1000 + lateByMs;
}

/**
 * The other names of a pool, and which of them are dead: signed off (worker.md D1) or silent
 * (worker.md D2). Fed by listings, dated by this process's own clock. Timestamps of the server are
 * only compared for equality, so a wrong clock anywhere changes no verdict.
 */
export class PeerRecords {
  readonly #ownName: string;
  readonly #peers = new Map<string, Peer>();
  #listedAtMs: number | undefined;
  #ownHeartbeat: string | undefined;
  #ownAdvances = 0;

  constructor(ownName: string) {
    this.#ownName = ownName;
  }

  /**
   * A run names this worker. True: it was in no listing yet, so the next listings must check for
   * it.
   */
  watch(name: string): boolean {
    if (this.#peers.has(name)) return false;
    this.#peers.set(name, unheardOf);
    return true;
  }

  verdictOn(name: string): NameVerdict {
    return this.#peers.get(name)?.verdict ?? 'unknown';
  }

  /** The last heartbeat in its record, by Prefect's clock. */
  lastHeartbeatOf(name: string): string | undefined {
    return this.#peers.get(name)?.lastHeartbeatTime;
  }

  /** The newest heartbeat of all of them, by Prefect's clock. */
  newestHeartbeat(): string | undefined {
    return [...this.#peers.values()]
      .map(({ lastHeartbeatTime }) => lastHeartbeatTime)
      .reduce((newest, one) => (isOlder(newest, one) ? one : newest), undefined);
  }

  /**
   * How far pages must be read: to the end, or to a heartbeat older than this. Undefined: one page
   * is enough.
   */
  readUntil(listed: ReadonlySet<string>): string | undefined {
    let oldest: string | undefined;
    for (const [name, { verdict, lastHeartbeatTime }] of this.#peers) {
      if (verdict === 'dead' || listed.has(name)) continue;
      if (lastHeartbeatTime === undefined) return 'end';
      if (oldest === undefined || isOlder(lastHeartbeatTime, oldest)) oldest = lastHeartbeatTime;
    }
    return oldest;
  }

  /** The result of a listing: workers that are dead, and workers that are no longer listed. */
  record(
    listing: WorkerListing,
    nowMs: number,
  ): { readonly died: readonly string[]; readonly vanished: readonly string[] } {
    const hasGap = this.#listedAtMs !== undefined && nowMs - this.#listedAtMs > longestGapMs;
    this.#listedAtMs = nowMs;
    const listed = new Map(listing.workers.map((worker) => [worker.name, worker]));
    this.#countOwn(listed.get(this.#ownName));
    const died: string[] = [];
    const vanished: string[] = [];
    for (const name of listed.keys())
      if (name !== this.#ownName && !this.#peers.has(name)) this.#peers.set(name, unheardOf);
    for (const [name, before] of this.#peers) {
      const worker = listed.get(name);
      const moment = { nowMs, hasGap };
      const now =
        worker === undefined
          ? this.#unlisted(before, listing, moment)
          : this.#listed(before, worker, moment);
      this.#peers.set(name, now);
      if (now.verdict === 'dead' && before.verdict !== 'dead') died.push(name);
      if (before.isListed && !now.isListed) vanished.push(name);
      const isLongGone =
        !now.isListed && now.verdict === 'dead' && nowMs - now.sinceMs >= forgottenAfterMs;
      if (isLongGone) this.#peers.delete(name);
    }
    return { died, vanished };
  }

  #countOwn(own: WorkerRecord | undefined): void {
    if (own?.lastHeartbeatTime === undefined || own.lastHeartbeatTime === this.#ownHeartbeat)
      return;
    this.#ownHeartbeat = own.lastHeartbeatTime;
    this.#ownAdvances += 1;
  }

  #listed(before: Peer, worker: WorkerRecord, { nowMs, hasGap }: Moment): Peer {
    const { lastHeartbeatTime, intervalSeconds } = worker;
    const ownAdvances = this.#ownAdvances;
    const now = { isListed: true, isUnread: false, lastHeartbeatTime, intervalSeconds };
    if (before.isUnread) return { ...now, verdict: 'unknown', sinceMs: nowMs, ownAdvances };
    if (lastHeartbeatTime !== before.lastHeartbeatTime)
      return { ...now, verdict: 'alive', sinceMs: nowMs, ownAdvances };
    if (hasGap || !before.isListed)
      return { ...now, verdict: before.verdict, sinceMs: nowMs, ownAdvances };
    const isSilent =
      nowMs - before.sinceMs >= longestSilenceMs(intervalSeconds) &&
      ownAdvances - before.ownAdvances >= ownAdvancesUntilJudged;
    return { ...before, ...now, verdict: isSilent ? 'dead' : before.verdict };
  }

  #unlisted(before: Peer, { readDownTo }: WorkerListing, { nowMs, hasGap }: Moment): Peer {
    const isSure =
      readDownTo === undefined ||
      (before.lastHeartbeatTime !== undefined && isOlder(readDownTo, before.lastHeartbeatTime));
    if (!isSure)
      return hasGap ? { ...before, sinceMs: nowMs, ownAdvances: this.#ownAdvances } : before;
    if (hasGap || before.isListed || before.isUnread)
      return { ...before, isListed: false, isUnread: false, sinceMs: nowMs };
    return nowMs - before.sinceMs >= signedOffAfterMs ? { ...before, verdict: 'dead' } : before;
  }
}

interface Moment {
  readonly nowMs: number;
  /** Too much time passed since the last listing, so its content begins no span. */
  readonly hasGap: boolean;
}

const unheardOf = {
  verdict: 'unknown',
  isListed: false,
  lastHeartbeatTime: undefined,
  intervalSeconds: undefined,
  isUnread: true,
  sinceMs: 0,
  ownAdvances: 0,
} as const satisfies Peer;

/** Both timestamps are from the same server. */
export function isOlder(one: string | undefined, other: string | undefined): boolean {
  if (other === undefined) return false;
  return one === undefined || Date.parse(one) < Date.parse(other);
}
