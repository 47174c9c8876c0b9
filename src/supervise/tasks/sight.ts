import { isDeniedRight } from '../../core/diagnosis/aws-error.ts';
import { statementFor } from '../../core/diagnosis/policy.ts';
import { asSentence, errorAtOnce, Outage, usualPace } from '../../kernel/outage.ts';
import type { SupervisorPorts, TaskBatch } from './task-batch.ts';

/**
 * When DescribeTasks has been denied for this long, each affected run's log says so: its end cannot
 * be seen, and nothing is judged (worker.md 9.11.3).
 */
const runsAreToldAfterMs = 5 * 60_000;

/**
 * Tracks whether the tasks of one batch can be described. A failure is logged once for the whole
 * batch, and a missing permission makes the worker not ready. It must clear that reason when the
 * batch ends, or the worker would stay not ready.
 */
export class Sight {
  readonly #batch: TaskBatch;
  readonly #ports: SupervisorPorts;
  readonly #outage: Outage;
  readonly #key: string;
  #deniedSinceMs: number | undefined;
  /** Tasks whose runs were already informed of this denial. */
  readonly #told = new Set<string>();

  constructor(batch: TaskBatch, ports: SupervisorPorts) {
    this.#batch = batch;
    this.#ports = ports;
    this.#key = `ecs:DescribeTasks ${batch.session.key} ${batch.cluster}`;
    this.#outage = new Outage(
      { what: `Describing the ECS tasks in cluster '${batch.cluster}'`, calls: 'rounds' },
      ports,
    );
  }

  seen(): void {
    this.#outage.succeeded();
    if (this.#deniedSinceMs === undefined) return;
    this.#deniedSinceMs = undefined;
    this.#told.clear();
    this.#ports.readiness.unblock(this.#key);
  }

  /** A round that did not get an answer for `taskArns`. */
  failed(error: Error, taskArns: readonly string[], begunMs: number): void {
    const words = asSentence(error.message);
    if (!isDeniedRight(error)) {
      const waits = new Error(
        `${words} Until it works again, the ends of ${taskArns.length} task(s) cannot be reported.`,
      );
      this.#outage.failed(waits, usualPace, begunMs);
      return;
    }
    const nowMs = this.#ports.clock.monotonicMs();
    this.#deniedSinceMs ??= nowMs;
    const advice =
      `Grant ecs:DescribeTasks to the worker. Until then ${taskArns.length} task(s) are not ` +
      'watched. ' +
      statementFor('ecs:DescribeTasks', words);
    this.#outage.failed(new Error(`${words} ${advice}`), errorAtOnce, begunMs);
    this.#ports.readiness.block(
      this.#key,
      `it may not describe the ECS tasks in cluster '${this.#batch.cluster}'. ${words}`,
    );
    if (nowMs - this.#deniedSinceMs >= runsAreToldAfterMs) this.#tellRuns(taskArns, words);
  }

  /** The batch has no followed tasks any more. */
  close(): void {
    this.#outage.forget();
    this.#ports.readiness.unblock(this.#key);
  }

  #tellRuns(taskArns: readonly string[], words: string): void {
    for (const taskArn of taskArns) {
      if (this.#told.has(taskArn)) continue;
      this.#told.add(taskArn);
      this.#batch
        .logOf(taskArn)
        ?.error(
          `The worker may not describe this flow run's ECS task: ${words} The end of the task ` +
            'is reported once ecs:DescribeTasks is granted to the worker.',
        );
    }
  }
}
