import type { Clock } from '../../kernel/clock.ts';
import { toError } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/logger.ts';

type Check = (signal: AbortSignal) => Promise<void>;

interface Due {
  readonly check: Check;
  dueMs: number;
  failures: number;
}

/** An act whose answer was lost may arrive this much later. */
const firstAfterMs = 60_000;
const longestWaitMs = 10 * 60_000;
const wakeEveryMs = 10_000;

/**
 * Checks that are due later, because the outcome of an act is unknown (worker.md 0.4.10): a late
 * arrival may have overwritten a state that must be restored. One loop runs them all. A check that
 * fails is repeated at growing intervals for as long as the worker runs, and is never dropped.
 */
export class LateChecks {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #due = new Set<Due>();

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  get waiting(): number {
    return this.#due.size;
  }

  add(check: Check, afterMs = firstAfterMs): void {
    this.#due.add({ check, dueMs: this.#clock.monotonicMs() + afterMs, failures: 0 });
  }

  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      await this.#clock.sleep(wakeEveryMs, signal);
      const nowMs = this.#clock.monotonicMs();
      for (const due of this.#due) if (due.dueMs <= nowMs) await this.#make(due, signal);
    }
  }

  async #make(due: Due, signal: AbortSignal): Promise<void> {
    try {
      await due.check(signal);
      this.#due.delete(due);
    } catch (error) {
      signal.throwIfAborted();
      due.failures += 1;
      due.dueMs =
        this.#clock.monotonicMs() + Math.min(longestWaitMs, firstAfterMs * 2 ** due.failures);
      this.#log.debug('A late check failed; retrying', { error: toError(error).message });
    }
  }
}
