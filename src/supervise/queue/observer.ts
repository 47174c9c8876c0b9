import type { QueueMessage } from '../../core/events/task-event-message.ts';
import type { Clock } from '../../kernel/clock.ts';
import { toError } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { EventQueues } from './event-queue.ts';
import type { EventReliability } from './event-reliability.ts';
import { ObserverLog } from './observer-log.ts';
import { receiveEvents } from './receive-events.ts';
import { restartAfterMs } from './restarts.ts';

export interface ObserverPorts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly queues: EventQueues;
  readonly reliability: EventReliability;
  readonly handle: (message: QueueMessage, signal: AbortSignal) => Promise<void>;
}

/** Someone may create the missing queue at any time. */
const lookAgainMs = 5 * 60_000;

/** After this much healthy work, the next crash counts as the first again. */
const healthyMs = 10 * 60_000;

/** Measures how long SQS has answered, from its first answer to its latest. */
class Health {
  #firstMs: number | undefined;
  #lastMs = 0;

  answered(nowMs: number): void {
    this.#firstMs ??= nowMs;
    this.#lastMs = nowMs;
  }

  get lastedMs(): number {
    return this.#firstMs === undefined ? 0 : this.#lastMs - this.#firstMs;
  }
}

/**
 * Reads task events until the signal. A crash is logged, and reading starts again after a wait, any
 * number of times: an observer that gives up loses every event until somebody restarts the worker
 * (worker.md 10.9, 9.11.6). The sweep follows the tasks in the meantime. Rejects only with the
 * signal's reason.
 */
export async function observeTasks(ports: ObserverPorts, signal: AbortSignal): Promise<never> {
  const { clock, reliability, queues } = ports;
  const said = new ObserverLog(ports, queues.queueName);
  for (let crashes = 1; ; crashes += 1) {
    const health = new Health();
    let crash: Error;
    try {
      return await observe(ports, said, health, signal);
    } catch (error) {
      signal.throwIfAborted();
      crash = toError(error);
    } finally {
      reliability.end();
    }
    if (health.lastedMs >= healthyMs) crashes = 1;
    said.crashed(crash, crashes);
    await clock.sleep(restartAfterMs(crashes), signal);
  }
}

/** Reads the queue while it exists and looks for it while it does not. */
async function observe(
  ports: ObserverPorts,
  said: ObserverLog,
  health: Health,
  signal: AbortSignal,
): Promise<never> {
  const { clock, queues, reliability } = ports;
  const onAnswer = (): void => {
    health.answered(clock.monotonicMs());
    said.reading();
  };
  for (;;) {
    const found = await queues.open(signal);
    said.foundIn(found.region);
    if (found.kind === 'open') {
      await receiveEvents(found.queue, { ...ports, onAnswer }, signal);
      reliability.end();
      continue; // the queue was deleted; the next look logs it
    }
    said.missing();
    await clock.sleep(lookAgainMs, signal);
  }
}
