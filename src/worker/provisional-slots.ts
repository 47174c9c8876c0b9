import type { Owner } from '../core/claim/claim-record.ts';
import type { Standing } from '../core/liveness/who-lives.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Slots } from './slots.ts';

/**
 * After this time without a verdict on the owner, the slot is returned: kept for ever, it would
 * shrink the limit (worker.md 9.10.2).
 */
const longestMs = 15 * 60_000;

interface Provisional {
  /** Undefined: the run is adopted and has a real slot. */
  slot: Disposable | undefined;
  owner: Owner | undefined;
  readonly sinceMs: number;
}

/**
 * Slots for runs that a worker with a limit finds when it starts: their tasks may live while their
 * workers are dead. They make the limit hold across restarts: without them, a restarted worker
 * would start as many tasks again. A provisional slot becomes a real one when its run is adopted,
 * and is returned when the run's owner proves alive. Must never hold a slot for longer than 15
 * minutes without a verdict.
 */
export class ProvisionalSlots {
  readonly #slots: Slots;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #byRun = new Map<string, Provisional>();

  constructor(slots: Slots, clock: Clock, log: Logger) {
    this.#slots = slots;
    this.#clock = clock;
    this.#log = log;
  }

  get isEmpty(): boolean {
    return this.#byRun.size === 0;
  }

  take(flowRunId: string, owner: Owner | undefined): void {
    if (this.#slots.limit === undefined || this.#byRun.has(flowRunId)) return;
    const sinceMs = this.#clock.monotonicMs();
    this.#byRun.set(flowRunId, { slot: this.#slots.takeBeyond(), owner, sinceMs });
  }

  /** No task of the run is alive, or it counts against another worker's limit. */
  giveBack(flowRunId: string): void {
    this.#byRun.get(flowRunId)?.slot?.[Symbol.dispose]();
    this.#byRun.delete(flowRunId);
  }

  /** The run is adopted: returns a real slot, in place of the provisional one if there is one. */
  exchange(flowRunId: string): Disposable {
    const slot = this.#slots.takeBeyond();
    const known = this.#byRun.get(flowRunId);
    known?.slot?.[Symbol.dispose]();
    if (known !== undefined) known.slot = undefined;
    return slot;
  }

  /** The adoption achieved nothing, and the run's task may live. */
  resume(flowRunId: string): void {
    const known = this.#byRun.get(flowRunId);
    if (known !== undefined) known.slot ??= this.#slots.takeBeyond();
  }

  /**
   * Compares with a listing of all unended runs that this process does not hold. A run that is
   * being adopted keeps its slot, as its adoption may achieve nothing.
   */
  keepOnly(
    owners: ReadonlyMap<string, Owner | undefined>,
    isBeingAdopted: (flowRunId: string) => boolean,
  ): void {
    for (const [id, { slot }] of this.#byRun) {
      if (owners.has(id)) this.ownedBy(id, owners.get(id));
      else if (slot !== undefined && !isBeingAdopted(id)) this.giveBack(id);
    }
  }

  /** The run turned out to have this owner: it counts here until that owner is known to live. */
  ownedBy(flowRunId: string, owner: Owner | undefined): void {
    const known = this.#byRun.get(flowRunId);
    if (known !== undefined) known.owner = owner;
  }

  /** Returns the slots of runs whose owners live, and of runs without a verdict for too long. */
  settle(standing: (owner: Owner) => Standing): void {
    const unjudged: string[] = [];
    for (const [id, { owner, sinceMs, slot }] of this.#byRun) {
      if (slot === undefined) continue;
      const isTooOld = this.#clock.monotonicMs() - sinceMs >= longestMs;
      if (isTooOld) unjudged.push(id);
      if (isTooOld || (owner !== undefined && standing(owner) === 'alive')) this.giveBack(id);
    }
    if (unjudged.length === 0) return;
    this.#log.warning(
      `After ${longestMs / 60_000} minutes it is still unknown whether the workers of ` +
        `${unjudged.length} flow run(s) are alive. These runs no longer count against ` +
        `this worker's limit: ${unjudged.join(', ')}`,
    );
  }
}
