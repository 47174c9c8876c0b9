import type { QueueMessage } from '../../core/events/task-event-message.ts';
import type { Clock } from '../../kernel/clock.ts';
import { toError } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { EventQueues } from './event-queue.ts';
import type { EventReliability } from './event-reliability.ts';
import { QueuePollingError } from './failure-counter.ts';
import { receiveEvents } from './receive-events.ts';

export interface ObserverPorts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly queues: EventQueues;
  readonly reliability: EventReliability;
  readonly handle: (message: QueueMessage, signal: AbortSignal) => Promise<void>;
}

/** A queue that is not there may be made at any time. */
const lookAgainMs = 5 * 60_000;

const firstRestartMs = 30_000;
const mostRestarts = 5;

/** A crash after so much healthy work is the first again. */
const healthyMs = 10 * 60_000;

/**
 * Reads task events until the signal. Crashes are said and sat out; after the sixth in a row it gives up, and the sweep
 * alone goes on. Never rejects but with the signal's reason. Source: ecs-worker.md 10.9.
 */
export async function observeTasks(ports: ObserverPorts, signal: AbortSignal): Promise<void> {
  const { clock, log, reliability } = ports;
  for (let crashes = 1; ; crashes += 1) {
    const begunMs = clock.monotonicMs();
    try {
      await observe(ports, signal);
    } catch (error) {
      signal.throwIfAborted();
      tellCrash(toError(error), log);
    } finally {
      reliability.end();
    }
    if (clock.monotonicMs() - begunMs >= healthyMs) crashes = 1;
    if (crashes > mostRestarts) {
      log.error(`ECS observer has crashed ${crashes} times, giving up on automatic restarts`);
      return;
    }
    const waitMs = firstRestartMs * 2 ** (crashes - 1);
    log.info(`ECS observer will restart in ${waitMs / 1000} seconds (attempt ${crashes} of ${mostRestarts})`);
    await clock.sleep(waitMs, signal);
  }
}

/** Reads the queue while there is one, and looks for it while there is none. */
async function observe(ports: ObserverPorts, signal: AbortSignal): Promise<never> {
  const { clock, queues, reliability } = ports;
  for (;;) {
    const queue = await queues.open(signal);
    if (queue !== 'missing') {
      await receiveEvents(queue, ports, signal);
      reliability.end();
      continue; // it was deleted: said by the next look
    }
    tellMissing(ports);
    await clock.sleep(lookAgainMs, signal);
  }
}

function tellMissing({ log, queues }: ObserverPorts): void {
  log.warning(
    `SQS queue '${queues.queueName}' does not exist in region '${queues.region}'. Tasks are still submitted and followed, but ` +
      'the replication of task events to Prefect, and the detection of crashes by them, are off. Make the queue with ' +
      '`prefect-ecs deploy events`, name another one by PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_SQS_QUEUE_NAME, or set ' +
      'PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_ENABLED=false. It is looked for again every five minutes.',
  );
}

function tellCrash(error: Error, log: Logger): void {
  const errors = error instanceof QueuePollingError ? error.errors.map((one) => one.message) : undefined;
  log.error(`ECS observer crashed: ${error.message}`, errors === undefined ? {} : { errors });
}
