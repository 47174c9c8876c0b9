import { describe, expect, it } from 'vitest';
import { awsWorld, definition, type Answer } from '../aws-world.test-support.ts';

const place = { logGroupName: 'g', logStreamName: 's' };
const event = (timestamp: number, message = `m${timestamp}`) => ({ timestamp, message });

async function logWorld(events: readonly { timestamp: number; message: string }[] = []) {
  const world = awsWorld();
  const logs = (operation: string, input: object = {}) =>
    world.call('logs', operation, { ...place, ...input });
  await logs('CreateLogGroup');
  await logs('CreateLogStream');
  if (events.length > 0) await logs('PutLogEvents', { logEvents: events });
  return { ...world, logs };
}

const messages = (answer: {
  readonly [name: string]: Answer[string];
}): readonly string[] | undefined =>
  answer['events']?.map(({ message }: { readonly message: string }) => message);

describe('GetLogEvents', () => {
  it('marks the end by the sent token, and continues there when more lines arrive', async () => {
    await using world = await logWorld([event(1), event(2), event(3)]);
    const read = (nextToken?: string) =>
      world.logs('GetLogEvents', {
        startFromHead: true,
        limit: 2,
        ...(nextToken !== undefined && { nextToken }),
      });

    const first = await read();
    const second = await read(first.nextForwardToken);
    const end = await read(second.nextForwardToken);
    await world.logs('PutLogEvents', { logEvents: [event(4)] });
    const more = await read(end.nextForwardToken);

    expect([first, second, end, more].map((one) => messages(one))).toEqual([
      ['m1', 'm2'],
      ['m3'],
      [],
      ['m4'],
    ]);
    expect(end.nextForwardToken).toBe(second.nextForwardToken);
    expect(more.nextForwardToken).not.toBe(end.nextForwardToken);
  });

  it('starts with the newest lines unless it is asked to start from the head', async () => {
    await using world = await logWorld([event(1), event(2), event(3)]);

    expect(messages(await world.logs('GetLogEvents', { limit: 2 }))).toEqual(['m2', 'm3']);
  });

  it('returns empty pages that are not the end', async () => {
    await using world = await logWorld([event(1)]);
    world.aws.faults.add({ log: { kind: 'empty-page' }, times: 2 });
    const seen: unknown[] = [];
    let nextToken: string | undefined;

    for (let page = 0; page < 4; page += 1) {
      const answer = await world.logs('GetLogEvents', {
        startFromHead: true,
        ...(nextToken !== undefined && { nextToken }),
      });
      seen.push([messages(answer), answer.nextForwardToken === nextToken]);
      nextToken = answer.nextForwardToken;
    }

    expect(seen).toEqual([
      [[], false],
      [[], false],
      [['m1'], false],
      [[], true],
    ]);
  });

  it('returns at most a megabyte a page', async () => {
    await using world = await logWorld();
    const big = 'x'.repeat(600_000);
    await world.logs('PutLogEvents', { logEvents: [event(1, big)] });
    await world.logs('PutLogEvents', { logEvents: [event(2, big)] });

    expect(messages(await world.logs('GetLogEvents', { startFromHead: true }))).toHaveLength(1);
  });
});

describe('FilterLogEvents', () => {
  it('reads many streams of a group, page by page, and ends without a token', async () => {
    await using world = await logWorld([event(1), event(2)]);
    await world.logs('CreateLogStream', { logStreamName: 't' });
    await world.logs('PutLogEvents', { logStreamName: 't', logEvents: [event(3)] });

    const first = await world.logs('FilterLogEvents', { limit: 2 });
    const second = await world.logs('FilterLogEvents', { nextToken: first.nextToken });
    const ofOne = await world.logs('FilterLogEvents', { logStreamNames: ['t'] });

    expect([first, second, ofOne].map((one) => messages(one))).toEqual([
      ['m1', 'm2'],
      ['m3'],
      ['m3'],
    ]);
    expect(second.nextToken).toBeUndefined();
  });

  it('accepts stream names or a prefix, not both', async () => {
    await using world = await logWorld();

    expect(
      await world.logs('FilterLogEvents', { logStreamNames: ['s'], logStreamNamePrefix: 's' }),
    ).toMatchObject({ __type: 'InvalidParameterException' });
  });
});

describe('PutLogEvents', () => {
  const day = 24 * 3_600_000;
  it.each([
    ['a megabyte with 26 bytes an event', [event(1, 'x'.repeat(1_048_576 - 26))], 200],
    ['a byte more', [event(1, 'x'.repeat(1_048_576 - 25))], 400],
    [
      'two that are too much together',
      [event(1, 'x'.repeat(600_000)), event(2, 'x'.repeat(600_000))],
      400,
    ],
    ['a day from first to last', [event(1), event(1 + day)], 200],
    ['more than a day', [event(1), event(2 + day)], 400],
    ['10,000 events', Array.from({ length: 10_000 }, (_, at) => event(at)), 200],
    ['10,001 events', Array.from({ length: 10_001 }, (_, at) => event(at)), 400],
    ['events out of order', [event(2), event(1)], 400],
  ])('accepts or refuses %s', async (_what, logEvents, status) => {
    await using world = await logWorld();

    expect(await world.logs('PutLogEvents', { logEvents })).toMatchObject({ status });
  });
});

describe('Lines of a scripted task', () => {
  const options = {
    'awslogs-group': 'g',
    'awslogs-region': 'us-east-1',
    'awslogs-stream-prefix': 'p',
  };
  async function taskWorld() {
    const world = awsWorld({
      story: () => ({
        runsMs: 10_000,
        lines: [
          { afterMs: 1_000, text: 'one' },
          { afterMs: 2_000, text: 'two' },
        ],
      }),
    });
    await world.call('logs', 'CreateLogGroup', { logGroupName: 'g' });
    await world.register({
      executionRoleArn: 'arn:aws:iam::111122223333:role/e',
      containerDefinitions: [
        {
          ...definition.containerDefinitions[0],
          logConfiguration: { logDriver: 'awslogs', options },
        },
      ],
    });
    const { tasks } = await world.run();
    const stream = `p/main/${String(tasks[0].taskArn).split('/').at(-1)}`;
    const lines = () =>
      world.call('logs', 'GetLogEvents', {
        logGroupName: 'g',
        logStreamName: stream,
        startFromHead: true,
      });
    return { ...world, lines };
  }

  it('arrive at their times, and the first one creates the stream', async () => {
    await using world = await taskWorld();
    await world.clock.elapse(1_000);
    expect(await world.lines()).toMatchObject({ __type: 'ResourceNotFoundException' });
    await world.clock.elapse(500);
    expect(messages(await world.lines())).toEqual(['one']);
    await world.clock.elapse(1_000);
    expect(messages(await world.lines())).toEqual(['one', 'two']);
  });

  it('are lost or late by a fault rule, and a late one keeps its time', async () => {
    await using world = await taskWorld();
    world.aws.faults.add({ log: { kind: 'late', ms: 5_000 }, times: 1 });
    await world.clock.elapse(3_000);
    expect(messages(await world.lines())).toEqual(['two']);
    await world.clock.elapse(5_000);

    const { events } = await world.lines();
    expect(messages({ events })).toEqual(['two', 'one']);
    expect(events[1].timestamp).toBeLessThan(events[0].timestamp);
  });

  it('leave a gap', async () => {
    await using world = await taskWorld();
    world.aws.faults.add({ log: { kind: 'gap' }, times: 1 });
    await world.clock.elapse(5_000);

    expect(messages(await world.lines())).toEqual(['two']);
  });
});
