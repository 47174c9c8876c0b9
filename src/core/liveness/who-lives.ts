import type { Owner } from '../claim/claim-record.ts';
import { Acts } from './acts.ts';
import { OwnNameHeartbeats, type OwnRecord } from './own-name.ts';
import { PeerRecords, type WorkerListing } from './peer-records.ts';

/** Whether the process responsible for a run lives. `unknown`: not enough evidence yet. */
export type Standing = 'me' | 'alive' | 'dead' | 'unknown';

/** Requests a round when a process counts as dead for the first time. */
export type Heard = 'round-due' | 'nothing-new';

const hourMs = 3_600_000;
/** Beyond this number, processes of our name cannot be distinguished by heartbeats. */
const othersToldApart = 1;

/**
 * Which workers of the pool are alive (worker.md 9.8). Everybody asks here: two answers from two
 * places would adopt a run and leave its slot with the dead owner. Evidence is a heartbeat that
 * advanced, a heartbeat under our own name that was not ours, and an act, dated by this process's
 * own clock. A verdict may be wrong, since that costs work and never a run (worker.md 9.7.12); it
 * must not be late.
 */
export class WhoLives {
  readonly #me: Owner;
  readonly #peers: PeerRecords;
  readonly #ownName: OwnNameHeartbeats;
  readonly #acts = new Acts();
  /**
   * Processes of our name that had runs when we started, and when that was. They count as dead, so
   * that a restart under a fixed name takes over in seconds (worker.md D4).
   */
  readonly #predecessors = new Map<string, number>();
  #canList = true;
  #isFirstRound = true;
  /**
   * A process of our name signed off. The record does not say which one, so all others count as
   * dead until one is heard (worker.md 9.8.6).
   */
  #othersDeadAtMs: number | undefined;
  #wasSilent = false;
  /** Namesakes whose death has already requested a round. */
  readonly #toldDead = new Set<string>();

  constructor(me: Owner, intervalSeconds: number) {
    this.#me = me;
    this.#peers = new PeerRecords(me.workerName);
    this.#ownName = new OwnNameHeartbeats(intervalSeconds);
  }

  // Evidence from the list of workers.

  /**
   * `isClean`: none of our heartbeats was on its way, so a change under our name came from another
   * process.
   */
  listed(
    listing: WorkerListing,
    isClean: boolean,
    nowMs: number,
  ): { readonly heard: Heard; readonly hasVanished: boolean; readonly isReplaced: boolean } {
    this.#canList = true;
    const { died, vanished } = this.#peers.record(listing, nowMs);
    const own = listing.workers.find(({ name }) => name === this.#me.workerName);
    // Our own record is among the newest. A listing that ends before it shows nothing about us.
    const isTold = own !== undefined || listing.readDownTo === undefined;
    const isReplaced = isClean && isTold && this.#readOwn(own, nowMs);
    const hasNamesakeDied = this.#fellSilent() || this.#namesakesThatDied(nowMs);
    const isDue = died.length > 0 || isReplaced || hasNamesakeDied;
    return {
      heard: isDue ? 'round-due' : 'nothing-new',
      hasVanished: vanished.length > 0,
      isReplaced,
    };
  }

  #readOwn(own: OwnRecord, nowMs: number): boolean {
    if (this.#ownName.read(own, nowMs) !== 'replaced') return false;
    this.#othersDeadAtMs = nowMs;
    return true;
  }

  #fellSilent(): boolean {
    const was = this.#wasSilent;
    this.#wasSilent = this.#ownName.isSilentSince(undefined);
    return this.#wasSilent && !was;
  }

  #namesakesThatDied(nowMs: number): boolean {
    let hasNew = false;
    for (const owner of this.#others(nowMs)) {
      const isDead = this.#standingOfNamesake(owner, nowMs) === 'dead';
      if (isDead && !this.#toldDead.has(owner.processId)) hasNew = true;
      if (isDead) this.#toldDead.add(owner.processId);
      else this.#toldDead.delete(owner.processId);
    }
    return hasNew;
  }

  /** This server lists no workers for us: only runs show who lives. */
  cannotList(): void {
    this.#canList = false;
    this.#ownName.lost();
  }

  /** Our record, read directly after our heartbeat was answered. */
  heartbeatSent(own: OwnRecord, nowMs: number): Heard {
    if (this.#ownName.sent(own, nowMs) !== 'replaced') return 'nothing-new';
    this.#othersDeadAtMs = nowMs;
    return 'round-due';
  }

  heartbeatLost(): void {
    this.#ownName.lost();
  }

  readUntil(listed: ReadonlySet<string>): string | undefined {
    return this.#peers.readUntil(listed);
  }

  // Evidence from runs.

  beginRound(nowMs: number): void {
    this.#acts.beginListing(nowMs);
  }

  /** A run names its owner. True: no listing has had this worker's name yet. */
  saw(flowRunId: string, claim: string, owner: Owner, nowMs: number): boolean {
    if (owner.processId === this.#me.processId) return false;
    if (this.#isJudgedByActs(owner)) this.#acts.saw(flowRunId, claim, owner);
    if (owner.workerName !== this.#me.workerName) return this.#peers.watch(owner.workerName);
    if (this.#isFirstRound) this.wasBefore(owner, nowMs);
    return false;
  }

  endRound(): void {
    this.#acts.endListing();
    this.#isFirstRound = false;
  }

  /**
   * A run in our first listing belongs to this process. If the process has our name, it is a
   * predecessor (worker.md D4).
   */
  wasBefore(owner: Owner, nowMs: number): void {
    if (owner.workerName === this.#me.workerName && !this.#predecessors.has(owner.processId))
      this.#predecessors.set(owner.processId, nowMs);
  }

  took(flowRunId: string, owner: Owner): void {
    if (this.#isJudgedByActs(owner)) this.#acts.took(flowRunId, owner);
  }

  left(flowRunId: string): void {
    this.#acts.left(flowRunId);
  }

  // Verdicts.

  standing(owner: Owner, nowMs: number): Standing {
    if (owner.processId === this.#me.processId) return 'me';
    if (owner.workerName === this.#me.workerName) return this.#standingOfNamesake(owner, nowMs);
    if (this.#canList) return this.#peers.verdictOn(owner.workerName);
    return this.#standingByActs(owner);
  }

  #standingOfNamesake(owner: Owner, nowMs: number): Standing {
    const evidenceMs = this.#acts.evidenceMs(owner);
    const newestMs = Math.max(evidenceMs ?? -Infinity, this.#ownName.heardAtMs ?? -Infinity);
    const judgedMs = Math.max(
      this.#predecessors.get(owner.processId) ?? -Infinity,
      this.#othersDeadAtMs ?? -Infinity,
    );
    if (judgedMs > newestMs || this.#ownName.isSilentSince(evidenceMs)) return 'dead';
    const isTold = this.#canList && this.#others(nowMs).length <= othersToldApart;
    if (!isTold && this.#acts.isMute(owner)) return 'dead';
    return newestMs === -Infinity ? 'unknown' : 'alive';
  }

  #standingByActs(owner: Owner): Standing {
    if (this.#acts.isMute(owner)) return 'dead';
    return this.#acts.evidenceMs(owner) === undefined ? 'unknown' : 'alive';
  }

  /** Other processes of our name that runs named within the last hour. */
  #others(nowMs: number): readonly Owner[] {
    return this.#acts
      .named(hourMs, nowMs)
      .filter(({ workerName }) => workerName === this.#me.workerName);
  }

  #isJudgedByActs({ workerName }: Owner): boolean {
    return !this.#canList || workerName === this.#me.workerName;
  }

  /** Whether runs must be listed more often, because only acts show who died (worker.md D3). */
  isAnybodyMute(nowMs: number): boolean {
    return !this.#canList || this.#others(nowMs).length > othersToldApart;
  }

  /** Live process ids of our name, as far as known. Undefined: no such process for an hour. */
  namesakes(nowMs: number): readonly string[] | undefined {
    const isHeard = nowMs - (this.#ownName.heardAtMs ?? -Infinity) <= hourMs;
    const acting = this.#others(nowMs).filter(
      (owner) => nowMs - (this.#acts.evidenceMs(owner) ?? -Infinity) <= hourMs,
    );
    if (!isHeard && acting.length === 0) return undefined;
    return acting.map(({ processId }) => processId);
  }

  /** The last heartbeat in the pool's list, by Prefect's clock. For our own name it is ours. */
  lastHeartbeatOf(owner: Owner): string | undefined {
    return this.#peers.lastHeartbeatOf(owner.workerName);
  }

  newestHeartbeatOfOthers(): string | undefined {
    return this.#peers.newestHeartbeat();
  }
}
