import type { Owner } from '../core/claim/claim-record.ts';
import type { Standing } from '../core/liveness/who-lives.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Slots } from './slots.ts';

/**
 * A slot whose run's owner could not be judged for so long is returned: kept for ever, it would
 * shrink the limit (worker.md 9.10.2).
 */
const longestMs = 15 * 60_000;

interface Provisional {
  /** Undefined: the run is adopted, and has a real one. */
  slot: Disposable | undefined;
  owner: Owner | undefined;
  readonly sinceMs: number;
}

/**
 * Slots of runs that a worker with a limit found when it began: their tasks may live, and their
 * workers may be dead. So a limit holds across restarts. One becomes a real slot when the run is
 * adopted, and is returned when its owner proves to live.
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

  /** No task of the run lives, or it counts against another worker's limit. */
  giveBack(flowRunId: string): void {
    this.#byRun.get(flowRunId)?.slot?.[Symbol.dispose]();
    this.#byRun.delete(flowRunId);
  }

  /** The run is adopted: a real slot, for the provisional one if it has any. */
  exchange(flowRunId: string): Disposable {
    const slot = this.#slots.takeBeyond();
    const known = this.#byRun.get(flowRunId);
    known?.slot?.[Symbol.dispose]();
    if (known !== undefined) known.slot = undefined;
    return slot;
  }

  /** Its adoption came to nothing, and its task may live. */
  resume(flowRunId: string): void {
    const known = this.#byRun.get(flowRunId);
    if (known !== undefined) known.slot ??= this.#slots.takeBeyond();
  }

  /**
   * By a listing of all runs that have not ended and are not in hand: one that is being adopted may
   * yet come to nothing.
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

  /** It turned out to be another's: it counts while that one is not known to live. */
  ownedBy(flowRunId: string, owner: Owner | undefined): void {
    const known = this.#byRun.get(flowRunId);
    if (known !== undefined) known.owner = owner;
  }

  /** Those whose owners live, and those that nobody could judge for too long. */
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
