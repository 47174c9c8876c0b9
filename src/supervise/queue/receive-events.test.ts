import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { QueueMessage } from '../../core/events/task-event-message.ts';
import { AwsCallError } from '../../core/diagnosis/aws-error.ts';
import { silentLogger, type Logger } from '../../kernel/logger.ts';
import { ManualClock } from '../../kernel/manual-clock.ts';
import { Cancelled } from '../../kernel/task-group.ts';
import type { EventQueue, FoundQueue, ReceivedMessage } from './event-queue.ts';
import { EventReliability } from './event-reliability.ts';
import { observeTasks } from './observer.ts';

const minute = 60_000;
const reading = "Reading task events from SQS queue 'q' in region 'eu-west-1'.";
const event = (task: string, lastStatus = 'RUNNING'): string =>
  JSON.stringify({ 'detail-type': 'ECS Task State Change', detail: { taskArn: task, lastStatus } });

/** A queue whose answers the test scripts. */
class ScriptedQueue implements EventQueue {
  readonly deleted: string[] = [];
  readonly extended: string[] = [];
  receives = 0;
  failing: Error | undefined;
  isGone = false;
  failsToDelete = 0;
  failsToExtend: Error | undefined;
  #waiting: ReceivedMessage[] = [];
  readonly #clock: ManualClock;

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  send(...bodies: readonly string[]): void {
    for (const body of bodies)
      this.#waiting.push({ receiptHandle: body, body, sentAtMs: this.#clock.now().getTime() });
  }

  async receive(
    most: number,
    signal: AbortSignal,
  ): Promise<readonly ReceivedMessage[] | 'missing'> {
    this.receives += 1;
    if (this.isGone) return 'missing';
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
    if (this.failsToExtend !== undefined) return Promise.reject(this.failsToExtend);
    this.extended.push(...receiptHandles);
    return Promise.resolve([]);
  }
}

describe('The queue reader', () => {
  let clock: ManualClock;
  let queue: ScriptedQueue;
  let reliability: EventReliability;
  let handle: (message: QueueMessage, signal: AbortSignal) => Promise<void>;
  let lines: string[];
  let isMissing: boolean;
  let end: AbortController;
  let running: Promise<void>;

  beforeEach(() => {
    clock = new ManualClock();
    queue = new ScriptedQueue(clock);
    reliability = new EventReliability(clock);
    handle = () => Promise.resolve();
    lines = [];
    isMissing = false;
    const say = (message: string): void => void lines.push(message);
    const log: Logger = { ...silentLogger, info: say, warning: say, error: say };
    end = new AbortController();
    const queues = {
      queueName: 'q',
      open: (): Promise<FoundQueue> =>
        Promise.resolve(
          isMissing
            ? { kind: 'missing', region: 'eu-west-1' }
            : { kind: 'open', queue, region: 'eu-west-1' },
        ),
    };
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

  it('handles events of a task one after another, and those of others in parallel', async () => {
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

  it('handles at most 200 messages at once, received ten a call', async () => {
    let inHand = 0;
    handle = async (_message, signal) => {
      inHand += 1;
      await clock.sleep(minute, signal);
      inHand -= 1;
    };
    queue.send(...Array.from({ length: 225 }, (_, at) => event(`task ${at}`)));

    await clock.elapse(30_000);

    expect([inHand, queue.receives]).toEqual([200, 20]);
  });

  it('deletes handled messages only', async () => {
    handle = (message) =>
      message.kind === 'unreadable' ? Promise.reject(new Error('no')) : Promise.resolve();
    queue.send(event('a'), 'not handled', event('b'));

    await clock.elapse(5_000);

    expect(queue.deleted).toEqual([event('a'), event('b')]);
    expect(lines).toEqual([reading, 'Failed to process ECS observer message']);
  });

  it('logs unhandled messages once in ten minutes, however many they are', async () => {
    handle = () => Promise.reject(new Error('Prefect is ill'));
    for (let minutes = 0; minutes < 15; minutes += 1) {
      queue.send(event(`a ${minutes}`), event(`b ${minutes}`));
      await clock.elapse(minute);
    }
    handle = () => Promise.resolve();
    queue.send(event('c'));
    await clock.elapse(minute);
    handle = () => Promise.reject(new Error('Prefect is ill'));
    queue.send(event('d'), event('e'));
    await clock.elapse(minute);

    expect(lines).toEqual([reading, ...Array(3).fill('Failed to process ECS observer message')]);
  });

  it('reports the missing permission to extend the visibility timeout', async () => {
    const denial = {
      code: 'AccessDenied',
      message: 'not authorized',
      operation: 'ChangeMessageVisibilityBatch',
    };
    queue.failsToExtend = new AwsCallError({ ...denial, status: 403 });
    handle = (_message, signal) => clock.sleep(4.5 * minute, signal);
    queue.send(event('a'));
    await clock.elapse(5 * minute);

    expect(lines).toEqual([
      reading,
      'Extending the visibility timeout of task events failed and is retried: An error occurred (AccessDenied) when ' +
        'calling the ChangeMessageVisibilityBatch operation: not authorized. Grant ' +
        'sqs:ChangeMessageVisibility to the worker. Until then task events may be handled twice. ' +
        'Policy statement to add: ' +
        '{"Effect":"Allow","Action":"sqs:ChangeMessageVisibility","Resource":"*"}',
    ]);
  });

  it('retries a failed deletion', async () => {
    queue.failsToDelete = 1;
    queue.send(event('a'), event('b'));

    await clock.elapse(10_000);

    // The first message was deleted by the call that failed for the second.
    expect(queue.deleted).toEqual([event('b')]);
  });

  it('keeps its messages hidden from other readers, every 240 s, with one timer', async () => {
    handle = (_message, signal) => clock.sleep(10 * minute, signal);
    queue.send(event('a'), event('b'));

    await clock.elapse(9 * minute);

    expect(queue.extended).toEqual([event('a'), event('b'), event('a'), event('b')]);
  });

  it('drops a message that it cannot keep hidden, and does not delete it', async () => {
    queue.failsToExtend = new Error('no');
    handle = (_message, signal) => clock.sleep(60 * minute, signal);
    queue.send(event('a'));

    await clock.elapse(10 * minute);

    expect(lines).toEqual([reading, 'Failed to process ECS observer message']);
    expect(queue.deleted).toEqual([]);
  });

  it('waits longer after each failure, and starts anew after a success', async () => {
    queue.failing = new Error('denied');
    const before = queue.receives;

    await clock.elapse(20_000); // the long poll in progress
    await clock.elapse(1_000 + 1_000 + 2_000 + 1_000 + 1_000 + 4_000 - 1);
    expect([queue.receives - before, reliability.listening]).toEqual([6, undefined]);
    queue.failing = undefined;
    await clock.elapse(25_000);

    expect(reliability.listening).toBeDefined();
    expect(lines).toEqual([reading]);
  });

  it('crashes after five backoffs and restarts without end, with hourly errors', async () => {
    queue.failing = new AwsCallError({
      code: 'AccessDeniedException',
      message: 'not authorized',
      operation: 'ReceiveMessage',
      status: 400,
    });

    await clock.elapse(170 * minute);
    const crashed =
      'ECS observer crashed: SQS polling failed after 5 backoff attempts. An error occurred (AccessDeniedException) when ' +
      'calling the ReceiveMessage operation: not authorized. Grant sqs:ReceiveMessage to the ' +
      "worker on SQS queue 'q' in region 'eu-west-1'. Policy statement to add: " +
      '{"Effect":"Allow","Action":"sqs:ReceiveMessage","Resource":"*"}';
    const words = crashed.replace('ECS observer crashed: ', '');
    const goesOn = 'Tasks are still followed, by polling ECS only.';

    expect(lines).toEqual([
      reading,
      ...[30, 60, 120, 240, 480].flatMap((seconds, at) => [
        crashed,
        `ECS observer will restart in ${seconds} seconds (attempt ${at + 1} of 5)`,
      ]),
      crashed,
      `ECS observer has crashed 6 times in a row; it now restarts every 10 minutes. ${goesOn}`,
      `ECS observer has been crashing since 00:01 UTC (12 times in a row): ${words} ${goesOn}`,
      `ECS observer has been crashing since 00:01 UTC (18 times in a row): ${words} ${goesOn}`,
    ]);

    queue.failing = undefined;
    await clock.elapse(35 * minute);
    expect(lines.at(-1)).toMatch(
      /^Reading task events from SQS queue 'q' in region 'eu-west-1' again, after 2 h \d+ min\.$/,
    );
    expect(reliability.listening).toBeDefined();
  });

  it('reports a missing queue and its region once an hour, and the recovery', async () => {
    await clock.elapse(minute);
    isMissing = true;
    queue.isGone = true;
    await clock.elapse(125 * minute);
    isMissing = false;
    queue.isGone = false;
    await clock.elapse(6 * minute);

    expect(lines.map((line) => line.replace(/ Tasks are still.*/, ''))).toEqual([
      reading,
      "SQS queue 'q' does not exist in region 'eu-west-1'.",
      "SQS queue 'q' does not exist in region 'eu-west-1'.",
      "SQS queue 'q' does not exist in region 'eu-west-1'.",
      expect.stringMatching(
        /^Reading task events from SQS queue 'q' in region 'eu-west-1' again, after 2 h/,
      ),
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
