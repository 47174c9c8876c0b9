import { parseQueueMessage, type QueueMessage } from '../../core/events/task-event-message.ts';
import type { Clock } from '../../kernel/clock.ts';
import { toError } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/logger.ts';
import { withTaskGroup, type TaskGroup } from '../../kernel/task-group.ts';
import type { EventQueue, ReceivedMessage } from './event-queue.ts';
import type { EventReliability } from './event-reliability.ts';
import { FailureCounter, waitOf } from './failure-counter.ts';
import { MessageDeletions } from './message-deletions.ts';
import { InFlightMessages } from './in-flight-messages.ts';
import { ReceivePace } from './receive-pace.ts';

export interface ReceivePorts {
  readonly clock: Clock;
  readonly log: Logger;
  readonly reliability: EventReliability;
  /** Rejects when the message must be redelivered. */
  readonly handle: (message: QueueMessage, signal: AbortSignal) => Promise<void>;
  /** Called whenever SQS has answered, with or without messages. */
  readonly onAnswer: () => void;
}

/** Messages handled at once: as many as one DescribeTasks call covers, twice. */
const mostHeld = 200;
/** Messages in one answer of SQS. */
const mostReceived = 10;

/**
 * Receives, handles and deletes messages until the queue is gone. At most 200 are handled at once,
 * one at a time for each task, so that a task's events keep their order (worker.md 10.3). A message
 * that could not be handled stays in the queue and is delivered again (worker.md 10.4).
 */
export async function receiveEvents(
  queue: EventQueue,
  ports: ReceivePorts,
  signal: AbortSignal,
): Promise<'missing'> {
  return withTaskGroup(signal, async (group) => {
    const held = new InFlightMessages(queue, ports, mostHeld);
    const handled = new MessageDeletions(queue, ports);
    group.spawn('visibility', (inner) => held.extend(inner));
    group.spawn('deletions', (inner) => handled.delete(inner));
    const end = await new Receiver(queue, ports, held, handled, group).run();
    group.cancel('the queue does not exist');
    return end;
  });
}

/**
 * The receive loop of one queue. It receives only while messages can be handled and deleted, so that
 * no message waits here until its visibility timeout ends.
 */
class Receiver {
  readonly #queue: EventQueue;
  readonly #ports: ReceivePorts;
  readonly #held: InFlightMessages;
  readonly #handled: MessageDeletions;
  readonly #group: TaskGroup;
  readonly #failures = new FailureCounter();
  readonly #pace = new ReceivePace();

  constructor(
    queue: EventQueue,
    ports: ReceivePorts,
    held: InFlightMessages,
    handled: MessageDeletions,
    group: TaskGroup,
  ) {
    this.#queue = queue;
    this.#ports = ports;
    this.#held = held;
    this.#handled = handled;
    this.#group = group;
  }

  async run(): Promise<'missing'> {
    const { signal } = this.#group;
    for (;;) {
      await this.#held.room(signal);
      await this.#handled.room(signal);
      const asked = Math.min(mostReceived, mostHeld - this.#held.size);
      const messages = await this.#receive(asked);
      if (messages === 'missing') return 'missing';
      for (const message of messages ?? []) this.#take(message);
      if (messages === undefined) continue;
      const waitMs = this.#pace.waitMs(messages, asked, this.#ports.clock.now().getTime());
      if (waitMs > 0) await this.#ports.clock.sleep(waitMs, signal);
    }
  }

  async #receive(most: number): Promise<readonly ReceivedMessage[] | 'missing' | undefined> {
    const { signal } = this.#group;
    try {
      const messages = await this.#queue.receive(most, signal);
      this.#failures.succeeded();
      if (messages === 'missing') return messages;
      this.#ports.reliability.begin();
      this.#ports.onAnswer();
      return messages;
    } catch (error) {
      signal.throwIfAborted();
      const answer = this.#failures.failed(toError(error));
      this.#ports.log.debug('Could not receive task events', { error: toError(error).message });
      const ms = waitOf(answer);
      if (this.#failures.isBackingOff) this.#ports.reliability.end();
      await this.#ports.clock.sleep(ms, signal);
      return undefined;
    }
  }

  #take({ receiptHandle, body }: ReceivedMessage): void {
    if (receiptHandle === undefined) return;
    const message = parseQueueMessage(body);
    const line = message.kind === 'task' ? message.event.task?.taskArn : undefined;
    this.#group.spawn('message', async () => {
      const isDone = await this.#held.hold(receiptHandle, line, this.#group.signal, (signal) =>
        this.#ports.handle(message, signal),
      );
      if (isDone) this.#handled.add(receiptHandle);
    });
  }
}
