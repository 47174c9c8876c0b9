import type { FlowRunHead } from '../core/prefect/flow-run-head.ts';
import { LeftoverStops } from '../run/adopt/leftover-stops.ts';
import { stopUnfollowedTask } from '../run/adopt/stop-unfollowed-task.ts';
import type { RunPorts } from '../run/run-context.ts';
import type { ReadLane } from '../run/states/looks.ts';
import { RememberedRuns } from './remembered-runs.ts';

/**
 * Stops tasks of runs that were cancelled while no process followed them. A run whose stop fails or
 * hangs is tried again in the next round.
 */
export class LeftTasks {
  readonly #ports: RunPorts;
  readonly #lane: ReadLane;
  /** Runs with nothing left to stop. */
  readonly #settled = new RememberedRuns<true>();
  readonly #stops: LeftoverStops;

  constructor(ports: RunPorts, lane: ReadLane) {
    this.#ports = ports;
    this.#lane = lane;
    this.#stops = new LeftoverStops(ports);
  }

  /** Begins to stop what is left of the run's task, unless that is under way. */
  stop(head: FlowRunHead, signal: AbortSignal): void {
    if (this.#settled.found(head) === true || this.#stops.isUnderWay(head.id)) return;
    if (this.#ports.active.has(head.id)) return;
    void this.#stops.during(head.id, async () => {
      const stop = (inTime: AbortSignal): Promise<boolean> =>
        stopUnfollowedTask(head, this.#lane, this.#ports, inTime);
      if (await this.#stops.try(head.id, stop, signal)) this.#settled.remember(head, true);
    });
  }
}
