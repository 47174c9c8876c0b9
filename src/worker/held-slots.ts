import { linkAbort, type AbortSource } from '../kernel/abort.ts';
import { Cancelled, type TaskGroup } from '../kernel/task-group.ts';
import type { Slots } from './slots.ts';

/** Resolves when no task of the run lives any more, or when the signal aborts. */
export type UntilStopped = (signal: AbortSignal) => Promise<void>;

/**
 * Slots of runs that this worker released while a task it started for them may live. Without them
 * the worker would start tasks beyond its limit (worker.md 9.7.8). They are kept apart from the
 * run, which can be adopted again meanwhile and then has a slot of its own.
 */
export class HeldSlots {
  readonly #slots: Slots;
  readonly #group: TaskGroup;
  readonly #drain: AbortSource;
  readonly #held = new Map<string, AbortController>();

  /** `drain`: a worker that drains holds nothing. */
  constructor(slots: Slots, group: TaskGroup, drain: AbortSource) {
    this.#slots = slots;
    this.#group = group;
    this.#drain = drain;
  }

  hold(flowRunId: string, untilStopped: UntilStopped): void {
    // Without a limit nothing depends on it, and each look at a held run is a call.
    if (this.#drain.aborted || this.#slots.limit === undefined) return;
    const slot = this.#slots.takeBeyond();
    this.release(flowRunId);
    const over = new AbortController();
    this.#held.set(flowRunId, over);
    this.#group.spawn(`slot of ${flowRunId}`, async () => {
      using ending = linkAbort(this.#drain, over.signal);
      await untilStopped(ending.signal).catch(() => undefined); // it is over
      slot[Symbol.dispose]();
      if (this.#held.get(flowRunId) === over) this.#held.delete(flowRunId);
    });
  }

  /** The run is in hand again, and has a slot of its own. */
  release(flowRunId: string): void {
    this.#held.get(flowRunId)?.abort(new Cancelled('the run has a slot of its own'));
    this.#held.delete(flowRunId);
  }
}
