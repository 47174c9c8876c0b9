import { recordsPerPage } from '../core/prefect/page.ts';
import { toError } from '../kernel/errors.ts';
import { Nap } from '../kernel/nap.ts';
import type { RunPorts } from '../run/run-context.ts';

/** Runs are often cancelled by the hundred, so they are looked up together. */
const gatherMs = 2_000;
/** Longest sleep: a timer must have an end. */
const idleMs = 3_600_000;

type LookUp = (flowRunIds: readonly string[], signal: AbortSignal) => Promise<void> | undefined;

/**
 * Runs that were cancelled and are not held here. Most have another follower; the rest have none
 * and would stay Cancelling until the next round, up to ten minutes away.
 */
export class HeardCancellations {
  readonly #ports: Pick<RunPorts, 'clock' | 'workerLog'>;
  readonly #lookUp: LookUp;
  readonly #nap = new Nap();
  #heard = new Set<string>();
  #dueMs: number | undefined;

  constructor(ports: Pick<RunPorts, 'clock' | 'workerLog'>, lookUp: LookUp) {
    this.#ports = ports;
    this.#lookUp = lookUp;
  }

  heard(flowRunId: string): void {
    this.#heard.add(flowRunId);
    if (this.#dueMs !== undefined) return;
    this.#dueMs = this.#ports.clock.monotonicMs() + gatherMs;
    this.#nap.reconsider();
  }

  /** Runs until the signal. What fails is left to the next round. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, workerLog } = this.#ports;
    for (;;) {
      const idleUntilMs = clock.monotonicMs() + idleMs;
      await this.#nap.until(() => this.#dueMs ?? idleUntilMs, clock, signal);
      const ids = [...this.#heard];
      this.#heard = new Set();
      this.#dueMs = undefined;
      try {
        for (let at = 0; at < ids.length; at += recordsPerPage)
          await this.#lookUp(ids.slice(at, at + recordsPerPage), signal);
      } catch (error) {
        signal.throwIfAborted();
        workerLog.debug('Could not look up cancelled flow runs', {
          error: toError(error).message,
        });
      }
    }
  }
}
