import { within } from '../../kernel/deadline.ts';
import { toError } from '../../kernel/errors.ts';
import { Semaphore } from '../../kernel/semaphore.ts';
import type { RunPorts } from '../run-context.ts';

/** Tasks of runs that were cancelled longer ago are left alone (worker.md 9.7.10). */
export const cancelledWithinMs = 2 * 3_600_000;

const runsAtOnce = 4;
/** Longest try. Then the next run has its turn. */
const tryWithinMs = 60_000;

/**
 * The tries to stop what cancelled runs left behind: one for each run, four at once, each bounded,
 * so that a stop that hangs blocks no other. Nothing may wait for them.
 */
export class LeftoverStops {
  readonly #ports: Pick<RunPorts, 'clock' | 'workerLog'>;
  readonly #underWay = new Set<string>();
  readonly #turns = new Semaphore(runsAtOnce);

  constructor(ports: Pick<RunPorts, 'clock' | 'workerLog'>) {
    this.#ports = ports;
  }

  isUnderWay(flowRunId: string): boolean {
    return this.#underWay.has(flowRunId);
  }

  /** Does the work, during which the run counts as under way. */
  async during(flowRunId: string, work: () => Promise<void>): Promise<void> {
    this.#underWay.add(flowRunId);
    try {
      await work();
    } finally {
      this.#underWay.delete(flowRunId);
    }
  }

  /** Makes one try in its turn. False: something may be left, or the try failed. Never rejects. */
  async try(
    flowRunId: string,
    stop: (signal: AbortSignal) => Promise<boolean>,
    signal: AbortSignal,
  ): Promise<boolean> {
    const { clock, workerLog } = this.#ports;
    try {
      using _turn = await this.#turns.take(signal);
      return await within(tryWithinMs, clock, signal, stop);
    } catch (error) {
      if (!signal.aborted)
        workerLog.debug('Could not look at the leftover tasks of a flow run', {
          flowRunId,
          error: toError(error).message,
        });
      return false;
    }
  }
}
