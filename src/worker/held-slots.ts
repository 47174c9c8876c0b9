import { linkAbort, type AbortSource } from '../kernel/abort.ts';
import { Cancelled, type TaskGroup } from '../kernel/task-group.ts';
import type { Slots } from './slots.ts';

/** Resolves when no task of the run is alive, or when the signal aborts. */
export type UntilStopped = (signal: AbortSignal) => Promise<void>;

/**
 * Slots of runs that this process no longer holds, while a task that it started for them may live.
 * Without these, a worker that lost a run by a wrong verdict of death would start a task beyond its
 * limit (worker.md 9.7.8). Must release the slot when the run is adopted here: it then has a slot
 * of its own, and would count twice.
 */
export class HeldSlots {
  readonly #slots: Slots;
  readonly #group: TaskGroup;
  readonly #drain: AbortSource;
  readonly #held = new Map<string, AbortController>();

  /** `drain`: a draining worker holds no slots. */
  constructor(slots: Slots, group: TaskGroup, drain: AbortSource) {
    this.#slots = slots;
    this.#group = group;
    this.#drain = drain;
  }

  hold(flowRunId: string, untilStopped: UntilStopped): void {
    // Without a limit the slot has no effect, and each look at a held run costs a call.
    if (this.#drain.aborted || this.#slots.limit === undefined) return;
    const slot = this.#slots.takeBeyond();
    this.release(flowRunId);
    const over = new AbortController();
    this.#held.set(flowRunId, over);
    this.#group.spawn(`slot of ${flowRunId}`, async () => {
      using ending = linkAbort(this.#drain, over.signal);
      await untilStopped(ending.signal).catch(() => undefined); // ended or released
      slot[Symbol.dispose]();
      if (this.#held.get(flowRunId) === over) this.#held.delete(flowRunId);
    });
  }

  /** This process holds the run again, with a slot of its own. */
  release(flowRunId: string): void {
    this.#held.get(flowRunId)?.abort(new Cancelled('the run has a slot of its own'));
    this.#held.delete(flowRunId);
  }
}
