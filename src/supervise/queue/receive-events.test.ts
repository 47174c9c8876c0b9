import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { QueueMessage } from '../../core/events/task-event-message.ts';
import { silentLogger, type Logger } from '../../kernel/logger.ts';
import { ManualClock } from '../../kernel/manual-clock.ts';
import { Cancelled } from '../../kernel/task-group.ts';
import type { EventQueue, ReceivedMessage } from './event-queue.ts';
import { EventReliability } from './event-reliability.ts';
import { observeTasks } from './observer.ts';

const minute = 60_000;
const event = (task: string, lastStatus = 'RUNNING'): string =>
  JSON.stringify({ 'detail-type': 'ECS Task State Change', detail: { taskArn: task, lastStatus } });

/** A queue of which the test says what it does. */
class ScriptedQueue implements EventQueue {
  readonly deleted: string[] = [];
  readonly extended: string[] = [];
  receives = 0;
  failing: Error | undefined;
  failsToDelete = 0;
  failsToExtend = false;
  #waiting: ReceivedMessage[] = [];
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  send(...bodies: readonly string[]): void {
    for (const body of bodies)
      this.#waiting.push({ receiptHandle: body, body, sentAtMs: this.#clock.now().getTime() });
  }

  async receive(most: number, signal: AbortSignal): Promise<readonly ReceivedMessage[]> {
    this.receives += 1;
    if (this.failing !== undefined) throw this.failing;
    for (let left = 40; left > 0 && this.#waiting.length === 0; left -= 1)
      await this.#clock.sleep(500, signal);
    return this.#waiting.splice(0, most);
  }

  delete(receiptHandles: readonly string[]): Promise<readonly string[]> {
    if (this.failsToDelete > 0) {
      this.failsToDelete -= 1;
      return Promise.resolve(receiptHandles.slice(1));
    }
    this.deleted.push(...receiptHandles);
    return Promise.resolve([]);
  }

  extend(receiptHandles: readonly string[]): Promise<readonly string[]> {
    if (this.failsToExtend) return Promise.reject(new Error('no'));
    this.extended.push(...receiptHandles);
    return Promise.resolve([]);
  }
}

describe('the reader of the queue', () => {
  let clock: ManualClock;
  let queue: ScriptedQueue;
  let reliability: EventReliability;
  let handle: (message: QueueMessage, signal: AbortSignal) => Promise<void>;
  let lines: string[];
  let end: AbortController;
  let running: Promise<void>;

  beforeEach(() => {
    clock = new ManualClock();
    queue = new ScriptedQueue(clock);
    reliability = new EventReliability(clock);
    handle = () => Promise.resolve();
    lines = [];
    const say = (message: string): void => void lines.push(message);
    const log: Logger = { ...silentLogger, info: say, warning: say, error: say };
    end = new AbortController();
    const queues = { queueName: 'q', region: 'default', open: () => Promise.resolve(queue) };
    running = observeTasks(
      { clock, log, queues, reliability, handle: (message, signal) => handle(message, signal) },
      end.signal,
    );
    running.catch(() => undefined);
  });
  afterEach(async () => {
    end.abort(new Cancelled('over'));
    await running.catch(() => undefined);
    if (clock.sleeping > 0) throw new Error('it left a timer behind');
  });

  it('handles events of a task one after another, and those of others beside them', async () => {
    const begun: string[] = [];
    handle = async (message, signal) => {
      const task = message.kind === 'task' ? message.event.task : undefined;
      begun.push(`${task?.taskArn} ${task?.lastStatus}`);
      await clock.sleep(5_000, signal);
    };
    queue.send(event('a', 'PENDING'), event('a'), event('b'));

    await clock.elapse(1_000);
    expect(begun).toEqual(['a PENDING', 'b RUNNING']);
    await clock.elapse(5_000);
    expect(begun).toEqual(['a PENDING', 'b RUNNING', 'a RUNNING']);
  });

  it('has ten messages in hand at most, and receives no more meanwhile', async () => {
    let inHand = 0;
    handle = async (_message, signal) => {
      inHand += 1;
      await clock.sleep(minute, signal);
      inHand -= 1;
    };
    queue.send(...Array.from({ length: 25 }, (_, at) => event(`task ${at}`)));

    await clock.elapse(30_000);

    expect([inHand, queue.receives]).toEqual([10, 1]);
  });

  it('deletes what was handled, and that alone', async () => {
    handle = (message) =>
      message.kind === 'unreadable' ? Promise.reject(new Error('no')) : Promise.resolve();
    queue.send(event('a'), 'not handled', event('b'));

    await clock.elapse(5_000);

    expect(queue.deleted).toEqual([event('a'), event('b')]);
    expect(lines).toEqual(['Failed to process ECS observer message']);
  });

  it('deletes again what was not deleted', async () => {
    queue.failsToDelete = 1;
    queue.send(event('a'), event('b'));

    await clock.elapse(10_000);

    expect(queue.deleted).toEqual([event('b')]); // the first was deleted by the call that failed for the second
  });

  it('keeps what it has in hand hidden from others, every 240 s, with one timer', async () => {
    handle = (_message, signal) => clock.sleep(10 * minute, signal);
    queue.send(event('a'), event('b'));

    await clock.elapse(9 * minute);

    expect(queue.extended).toEqual([event('a'), event('b'), event('a'), event('b')]);
  });

  it('lets go of what it cannot keep hidden, and does not delete it', async () => {
    queue.failsToExtend = true;
    handle = (_message, signal) => clock.sleep(60 * minute, signal);
    queue.send(event('a'));

    await clock.elapse(10 * minute);

    expect(lines).toEqual(['Failed to process ECS observer message']);
    expect(queue.deleted).toEqual([]);
  });

  it('sits out failures, longer and longer, and is as before after a success', async () => {
    queue.failing = new Error('denied');
    const before = queue.receives;

    await clock.elapse(20_000); // the long poll that is under way
    await clock.elapse(1_000 + 1_000 + 2_000 + 1_000 + 1_000 + 4_000 - 1);
    expect([queue.receives - before, reliability.listening]).toEqual([6, undefined]);
    queue.failing = undefined;
    await clock.elapse(25_000);

    expect(reliability.listening).toBeDefined();
    expect(lines).toEqual([]);
  });

  it('crashes after five backoffs, restarts ever later, and gives up at the sixth crash', async () => {
    queue.failing = new Error('denied');

    await clock.elapse(60 * minute);
    await running;

    expect(lines).toEqual([
      'ECS observer crashed: SQS polling failed after 5 backoff attempts',
      'ECS observer will restart in 30 seconds (attempt 1 of 5)',
      'ECS observer crashed: SQS polling failed after 5 backoff attempts',
      'ECS observer will restart in 60 seconds (attempt 2 of 5)',
      'ECS observer crashed: SQS polling failed after 5 backoff attempts',
      'ECS observer will restart in 120 seconds (attempt 3 of 5)',
      'ECS observer crashed: SQS polling failed after 5 backoff attempts',
      'ECS observer will restart in 240 seconds (attempt 4 of 5)',
      'ECS observer crashed: SQS polling failed after 5 backoff attempts',
      'ECS observer will restart in 480 seconds (attempt 5 of 5)',
      'ECS observer crashed: SQS polling failed after 5 backoff attempts',
      'ECS observer has crashed 6 times, giving up on automatic restarts',
    ]);
  });

  it('counts crashes anew after ten minutes of healthy work', async () => {
    await clock.elapse(30 * minute);
    queue.failing = new Error('denied');
    await clock.elapse(3 * minute);
    queue.failing = undefined;
    await clock.elapse(30 * minute);
    queue.failing = new Error('denied');
    await clock.elapse(3 * minute);

    expect(lines.filter((line) => line.includes('attempt 1 of 5')).length).toBeGreaterThan(1);
  });
});
