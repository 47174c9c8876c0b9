import type { FlowRunHead } from '../core/prefect/flow-run-head.ts';
import { toError } from '../kernel/errors.ts';
import { Semaphore } from '../kernel/semaphore.ts';
import { within } from '../kernel/deadline.ts';
import { stopUnfollowedTask } from '../run/adopt/stop-unfollowed-task.ts';
import type { RunPorts } from '../run/run-context.ts';
import type { ReadLane } from '../run/states/looks.ts';
import { RememberedRuns } from './remembered-runs.ts';

const stopsAtOnce = 4;
/**
 * Longest try. Then the next run has its turn; a run whose stop hangs is tried again in the next
 * round.
 */
const stopWithinMs = 60_000;

/**
 * Stops tasks of runs that were cancelled while no process followed them. Has a lane of its own:
 * nothing may wait for it, since a stop can hang.
 */
export class LeftTasks {
  readonly #ports: RunPorts;
  readonly #lane: ReadLane;
  /** Runs with nothing left to stop. */
  readonly #settled = new RememberedRuns<true>();
  readonly #underWay = new Set<string>();
  readonly #turns = new Semaphore(stopsAtOnce);

  constructor(ports: RunPorts, lane: ReadLane) {
    this.#ports = ports;
    this.#lane = lane;
  }

  /** Begins to stop what is left of the run's task, unless that is under way. */
  stop(head: FlowRunHead, signal: AbortSignal): void {
    if (this.#settled.found(head) === true || this.#underWay.has(head.id)) return;
    if (this.#ports.active.has(head.id)) return;
    this.#underWay.add(head.id);
    void this.#stop(head, signal).finally(() => this.#underWay.delete(head.id));
  }

  async #stop(head: FlowRunHead, signal: AbortSignal): Promise<void> {
    try {
      using _turn = await this.#turns.take(signal);
      const isSettled = await within(stopWithinMs, this.#ports.clock, signal, (inTime) =>
        stopUnfollowedTask(head, this.#lane, this.#ports, inTime),
      );
      if (isSettled) this.#settled.remember(head, true);
    } catch (error) {
      if (!signal.aborted)
        this.#ports.workerLog.debug('Could not look at a leftover task', {
          error: toError(error).message,
        });
    }
  }
}
