import { cancelledAt, cancelledOlderClaims } from '../../core/claim/older-tasks.ts';
import type { ClaimHistory } from '../../core/claim/claims.ts';
import { exponentialMs } from '../../kernel/backoff.ts';
import type { TaskGroup } from '../../kernel/task-group.ts';
import type { RunPorts } from '../run-context.ts';
import { cancelledWithinMs, LeftoverStops } from './leftover-stops.ts';
import { stopTaskOf } from './stop-unfollowed-task.ts';

const firstPauseMs = 5_000;
const longestPauseMs = 10 * 60_000;
/** About two hours. */
const triesAtMost = 18;

/**
 * Stops the tasks that older claims of retried runs left behind. The worker of such a task may have
 * died between cancellation and stop, and the new claim's follower follows only its own task.
 * Without this, the cancelled task starts minutes later and runs user code beside the new one.
 * Nothing may wait for it.
 */
export class OlderTasks {
  readonly #ports: RunPorts;
  readonly #group: TaskGroup;
  readonly #stops: LeftoverStops;
  /** Runs that were claimed anew since their last look began: it does not show that claim. */
  readonly #asked = new Set<string>();

  constructor(ports: RunPorts, group: TaskGroup) {
    this.#ports = ports;
    this.#group = group;
    this.#stops = new LeftoverStops(ports);
  }

  /** Begins to stop the run's older tasks. If that is under way, it looks once more. */
  stop(flowRunId: string): void {
    this.#asked.add(flowRunId);
    if (this.#stops.isUnderWay(flowRunId)) return;
    this.#group.spawn(`older tasks of ${flowRunId}`, (signal) =>
      this.#stops.during(flowRunId, () => this.#untilStopped(flowRunId, signal)),
    );
  }

  async #untilStopped(flowRunId: string, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#ports;
    const stop = (inTime: AbortSignal): Promise<boolean> => this.#stopOnce(flowRunId, inTime);
    for (let tried = 1; tried <= triesAtMost; tried += 1) {
      this.#asked.delete(flowRunId);
      const isSettled = await this.#stops.try(flowRunId, stop, signal);
      if (!isSettled)
        await clock.sleep(exponentialMs(tried, firstPauseMs, longestPauseMs, random), signal);
      else if (!this.#asked.has(flowRunId)) break;
    }
    this.#ports.unstopped.over(flowRunId);
  }

  /** Returns whether nothing is left to stop. */
  async #stopOnce(flowRunId: string, signal: AbortSignal): Promise<boolean> {
    const { looks, unstopped } = this.#ports;
    const look = await looks.untilAgreed(flowRunId, signal);
    if (look === undefined) return true;
    let isSettled = true;
    for (const claim of cancelledOlderClaims(look)) {
      if (this.#cancelledForMs(claim) > cancelledWithinMs) continue;
      const settled = this.#isInGrace(claim)
        ? false
        : await stopTaskOf(look, claim, this.#ports, signal);
      if (settled instanceof Error) unstopped.failed(flowRunId, settled);
      isSettled &&= settled === true;
    }
    return isSettled;
  }

  /** During the grace period, its own process or a living worker may be ending it. */
  #isInGrace(claim: ClaimHistory): boolean {
    return this.#cancelledForMs(claim) < this.#ports.settings().cancelGraceSeconds * 1000;
  }

  #cancelledForMs(claim: ClaimHistory): number {
    return this.#ports.prefect.server.ageMs(cancelledAt(claim));
  }
}
