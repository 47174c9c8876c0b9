import { describe, expect, it } from 'vitest';
import { awsWorld } from '../aws-world.test-support.ts';
import type { LocalAwsOptions } from '../local-aws-options.ts';
import { matchesPattern } from './pattern.ts';

const clusterArn = 'arn:aws:ecs:us-east-1:111122223333:cluster/default';
const pattern = {
  source: ['aws.ecs'],
  'detail-type': ['ECS Task State Change'],
  detail: { clusterArn: [clusterArn] },
};

async function eventWorld(options: Partial<LocalAwsOptions> = {}) {
  const world = awsWorld({
    story: () => ({ runsMs: 1_000, exitCode: 3 }),
    clusters: ['other'],
    ...options,
  });
  await world.register();
  const { QueueUrl } = await world.call('sqs', 'CreateQueue', { QueueName: 'q' });
  await world.call('events', 'PutRule', { Name: 'r', EventPattern: JSON.stringify(pattern) });
  await world.call('events', 'PutTargets', {
    Rule: 'r',
    Targets: [{ Id: 'q', Arn: 'arn:aws:sqs:us-east-1:111122223333:q' }],
  });
  const received = async () => {
    const events: Event[] = [];
    for (;;) {
      const { Messages = [] } = await world.call('sqs', 'ReceiveMessage', {
        QueueUrl,
        MaxNumberOfMessages: 10,
      });
      if (Messages.length === 0) return events;
      events.push(...Messages.map((message: { Body: string }) => JSON.parse(message.Body)));
    }
  };
  return { ...world, received };
}

interface Event {
  readonly detail: Readonly<Record<string, unknown>> & {
    readonly version: number;
    readonly lastStatus: string;
  };
}

describe('Task events', () => {
  it('arrive in the queue for every version, in the form of EventBridge', async () => {
    await using world = await eventWorld();
    const { tasks } = await world.run({ startedBy: 'me', tags: [{ key: 'a', value: 'b' }] });
    await world.clock.elapse(5_000);

    const events = await world.received();

    expect(events.map(({ detail }) => detail.version)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(events.at(-1)).toMatchObject({
      version: '0',
      'detail-type': 'ECS Task State Change',
      source: 'aws.ecs',
      account: '111122223333',
      resources: [tasks[0].taskArn],
      detail: {
        attachments: [{ type: 'eni', status: 'DELETED' }],
        containers: [{ exitCode: 3, lastStatus: 'STOPPED', name: 'main' }],
        stopCode: 'EssentialContainerExited',
        startedBy: 'me',
        createdAt: '2030-01-01T00:00:00.000Z',
      },
    });
    expect(events.at(-1)?.detail).not.toHaveProperty('tags');
  });

  it('of another cluster do not match', async () => {
    await using world = await eventWorld();
    await world.run({ cluster: 'other' });
    await world.clock.elapse(5_000);

    expect(await world.received()).toEqual([]);
  });

  it.each([
    ['lost', { kind: 'lost' }, [1, 2, 3, 4, 5, 6, 7, 8]],
    ['doubled', { kind: 'doubled', ms: 0 }, [1, 2, 3, 4, 5, 6, 7, 8, 9, 9]],
    ['late', { kind: 'late', ms: 60_000 }, [1, 2, 3, 4, 5, 6, 7, 8]],
  ] as const)('are %s by a fault rule', async (_name, event, versions) => {
    await using world = await eventWorld();
    world.aws.faults.add({ event, lastStatus: 'STOPPED' });
    await world.run();
    await world.clock.elapse(5_000);

    expect((await world.received()).map(({ detail }) => detail.version)).toEqual(versions);
  });

  it('are reordered by a fault rule, without loss', async () => {
    await using world = await eventWorld();
    world.aws.faults.add({ event: { kind: 'reordered', ms: 10_000 } });
    await world.run();
    await world.clock.elapse(20_000);

    const versions = (await world.received()).map(({ detail }) => detail.version);

    expect(versions).not.toEqual(versions.toSorted((one, other) => one - other));
    expect(versions.toSorted((one, other) => one - other)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('stop with the target, and a rule with targets cannot be deleted', async () => {
    await using world = await eventWorld();
    const refused = await world.call('events', 'DeleteRule', { Name: 'r' });
    await world.call('events', 'RemoveTargets', { Rule: 'r', Ids: ['q'] });
    const deleted = await world.call('events', 'DeleteRule', { Name: 'r' });

    expect(refused.__type).toBe('ValidationException');
    expect(deleted.status).toBe(200);
    expect(await world.call('events', 'DescribeRule', { Name: 'r' })).toMatchObject({
      __type: 'ResourceNotFoundException',
    });
  });
});

it.each([
  [{ a: ['x', 'y'] }, { a: 'y' }, true],
  [{ a: ['x'] }, { a: 'y' }, false],
  [{ a: ['x'] }, {}, false],
  [{ a: { b: ['x'] } }, { a: { b: 'x' } }, true],
  [{ a: [{ exists: false }] }, {}, true],
  [{ a: [{ exists: true }] }, {}, false],
  [{ a: [{ prefix: 'he' }] }, { a: 'hello' }, true],
  [{ a: [{ suffix: 'lo' }] }, { a: 'hello' }, true],
  [{ a: [{ wildcard: 'h*o' }] }, { a: 'hello' }, true],
  [{ a: [{ 'anything-but': ['x'] }] }, { a: 'y' }, true],
  [{ a: [{ 'anything-but': 'x' }] }, { a: 'x' }, false],
  [{ a: [{ numeric: ['>', 0, '<=', 5] }] }, { a: 5 }, true],
  [{ a: [{ numeric: ['>', 0, '<=', 5] }] }, { a: 6 }, false],
  [{ a: [null] }, { a: null }, true],
  [{ a: ['x'] }, { a: ['w', 'x'] }, true],
  [{ $or: [{ a: ['x'] }, { b: ['y'] }] }, { b: 'y' }, true],
  [{ a: [{ 'equals-ignore-case': 'HI' }] }, { a: 'hi' }, true],
])('The pattern %j matches %j: %s', (wanted, event, matches) => {
  expect(matchesPattern(wanted, event)).toBe(matches);
});
