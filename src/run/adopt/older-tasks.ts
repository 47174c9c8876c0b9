import { cancelledAt, cancelledOlderClaims } from '../../core/claim/older-tasks.ts';
import type { ClaimHistory } from '../../core/claim/claims.ts';
import { exponentialMs } from '../../kernel/backoff.ts';
import { within } from '../../kernel/deadline.ts';
import { toError } from '../../kernel/errors.ts';
import { Semaphore } from '../../kernel/semaphore.ts';
import type { TaskGroup } from '../../kernel/task-group.ts';
import type { RunPorts } from '../run-context.ts';
import { stopTaskOf } from './stop-unfollowed-task.ts';

const runsAtOnce = 4;
/**
 * Longest try. Then the next run has its turn, so that a hanging stop does not block the others.
 */
const tryWithinMs = 60_000;
const firstPauseMs = 5_000;
const longestPauseMs = 10 * 60_000;
/** About two hours. */
const triesAtMost = 18;
/** Older cancellations are left alone, as in the rounds of adoption (worker.md 9.7.10). */
const cancelledWithinMs = 2 * 3_600_000;

/**
 * Stops the tasks that older claims of retried runs left behind. The worker of such a task may have
 * died between cancellation and stop, and the new claim's follower follows only its own task.
 * Without this, the cancelled task starts minutes later and runs user code beside the new one.
 * Nothing may wait for it.
 */
export class OlderTasks {
  readonly #ports: RunPorts;
  readonly #group: TaskGroup;
  readonly #turns = new Semaphore(runsAtOnce);
  readonly #underWay = new Set<string>();

  constructor(ports: RunPorts, group: TaskGroup) {
    this.#ports = ports;
    this.#group = group;
  }

  /** Begins to stop the run's older tasks, unless that is under way. */
  stop(flowRunId: string): void {
    if (this.#underWay.has(flowRunId)) return;
    this.#underWay.add(flowRunId);
    this.#group.spawn(`older tasks of ${flowRunId}`, async (signal) => {
      await this.#untilStopped(flowRunId, signal).finally(() => this.#underWay.delete(flowRunId));
    });
  }

  async #untilStopped(flowRunId: string, signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#ports;
    for (let tried = 1; !(await this.#try(flowRunId, signal)) && tried < triesAtMost; tried += 1)
      await clock.sleep(exponentialMs(tried, firstPauseMs, longestPauseMs, random), signal);
    this.#ports.unstopped.over(flowRunId);
  }

  /** Returns whether nothing is left to stop. */
  async #try(flowRunId: string, signal: AbortSignal): Promise<boolean> {
    const { clock, workerLog } = this.#ports;
    try {
      using _turn = await this.#turns.take(signal);
      return await within(tryWithinMs, clock, signal, (inTime) =>
        this.#stopOnce(flowRunId, inTime),
      );
    } catch (error) {
      signal.throwIfAborted();
      workerLog.debug('Could not look for older tasks of a flow run', {
        flowRunId,
        error: toError(error).message,
      });
      return false;
    }
  }

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
