import { describe, expect, it } from 'vitest';
import { awsWorld, definition } from './aws-world.test-support.ts';
import { categoryOf, ecsLimits, type LimitCategory } from './rate-limits.ts';

const main = definition.containerDefinitions[0];
const tags = (count: number) =>
  Array.from({ length: count }, (_, at) => ({ key: `k${at}`, value: 'v' }));
const network = (subnets: number, securityGroups = 0) => ({
  networkConfiguration: {
    awsvpcConfiguration: {
      subnets: Array.from({ length: subnets }, (_, at) => `subnet-${at}`),
      securityGroups: Array.from({ length: securityGroups }, (_, at) => `sg-${at}`),
    },
  },
});
/** Overrides whose JSON has this many characters. */
const overridesOf = (length: number) => {
  const empty = JSON.stringify({ containerOverrides: [{ name: 'main', command: [''] }] }).length;
  return {
    overrides: { containerOverrides: [{ name: 'main', command: ['x'.repeat(length - empty)] }] },
  };
};
const strategy = (count: number, changes: object = {}) => ({
  launchType: undefined,
  capacityProviderStrategy: Array.from({ length: count }, () => ({
    capacityProvider: 'FARGATE',
    weight: 1,
    ...changes,
  })),
});

describe('RunTask accepts a request at a limit and refuses one beyond it (aws-ecs.md B.3)', () => {
  it.each([
    ['count', { count: 10 }, { count: 11 }],
    ['count from below', { count: 1 }, { count: 0 }],
    ['startedBy', { startedBy: 'a'.repeat(128) }, { startedBy: 'a'.repeat(129) }],
    ['letters of startedBy', { startedBy: 'aZ0-_/' }, { startedBy: 'a.b' }],
    ['clientToken', { clientToken: '~'.repeat(64) }, { clientToken: '~'.repeat(65) }],
    ['letters of clientToken', { clientToken: '!' }, { clientToken: 'a b' }],
    ['overrides', overridesOf(8192), overridesOf(8193)],
    ['tags', { tags: tags(50) }, { tags: tags(51) }],
    ['tag key', { tags: [{ key: 'k'.repeat(128) }] }, { tags: [{ key: 'k'.repeat(129) }] }],
    [
      'tag value',
      { tags: [{ key: 'k', value: 'v'.repeat(256) }] },
      { tags: [{ key: 'k', value: 'v'.repeat(257) }] },
    ],
    [
      'letters of tags',
      { tags: [{ key: 'é _.:/=+-@', value: '1' }] },
      { tags: [{ key: 'k', value: 'a,b' }] },
    ],
    ['reserved tag keys', { tags: [{ key: 'awsome' }] }, { tags: [{ key: 'AWS:x' }] }],
    [
      'distinct tag keys',
      { tags: [{ key: 'a' }, { key: 'A' }] },
      { tags: [{ key: 'a' }, { key: 'a' }] },
    ],
    ['subnets', network(16), network(17)],
    ['at least one subnet', network(1), network(0)],
    ['security groups', network(1, 5), network(1, 6)],
    ['strategy', strategy(20), strategy(21)],
    ['weight', strategy(1, { weight: 1000 }), strategy(1, { weight: 1001 })],
    ['base', strategy(1, { base: 100_000 }), strategy(1, { base: 100_001 })],
    ['one base', strategy(1, { base: 1 }), strategy(2, { base: 1 })],
    ['propagateTags', { propagateTags: 'NONE' }, { propagateTags: 'SERVICE' }],
    ['launch type or strategy', strategy(1), { ...strategy(1), launchType: 'FARGATE' }],
    ['platform version', { platformVersion: '1.4.0' }, { platformVersion: '9.9.9' }],
    [
      'constraints on Fargate',
      { placementConstraints: [] },
      { placementConstraints: [{ type: 'distinctInstance' }] },
    ],
    ['ECS Exec needs a role', { enableExecuteCommand: false }, { enableExecuteCommand: true }],
    [
      'ephemeral storage',
      { overrides: { ephemeralStorage: { sizeInGiB: 200 } } },
      { overrides: { ephemeralStorage: { sizeInGiB: 201 } } },
    ],
    [
      'ephemeral storage from below',
      { overrides: { ephemeralStorage: { sizeInGiB: 21 } } },
      { overrides: { ephemeralStorage: { sizeInGiB: 20 } } },
    ],
    ['task size', { overrides: { memory: '2048' } }, { overrides: { memory: '4096' } }],
  ])('%s', async (_what, within, beyond) => {
    await using world = awsWorld();
    await world.register();

    expect(await world.run(within)).toMatchObject({ status: 200, failures: [] });
    expect(await world.run(beyond)).toMatchObject({ status: 400 });
  });
});

describe('RunTask refuses in AWS’s words', () => {
  it.each([
    [
      overridesOf(8193),
      'InvalidParameterException',
      'Container Overrides length must be at most 8192',
    ],
    [
      { overrides: { containerOverrides: [{ name: 'X' }] } },
      'InvalidParameterException',
      'Override for container named X is not a container in the TaskDefinition.',
    ],
    [
      { networkConfiguration: undefined },
      'InvalidParameterException',
      "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
    ],
    [
      { launchType: 'EC2' },
      'InvalidParameterException',
      'No Container Instances were found in your cluster.',
    ],
    [{ taskDefinition: 'nope' }, 'ClientException', 'TaskDefinition not found.'],
    [{ taskDefinition: 'job:999999999' }, 'ClientException', 'TaskDefinition not found.'],
    [{ taskDefinition: 'job:1' }, 'ClientException', 'TaskDefinition is inactive'],
    [{ cluster: 'nope' }, 'ClusterNotFoundException', 'Cluster not found.'],
    [{ tags: [{ key: '' }] }, 'ClientException', 'Tags can not be empty.'],
    [
      { taskDefinition: 'ec2' },
      'InvalidParameterException',
      'Task definition does not support launch_type FARGATE.',
    ],
    [
      { platformVersion: '9' },
      'PlatformUnknownException',
      'The specified platform version does not exist.',
    ],
  ])('%j', async (changes, code, message) => {
    await using world = awsWorld();
    await world.register();
    await world.register();
    await world.register({ family: 'ec2', requiresCompatibilities: ['EC2'] });
    await world.ecs('DeregisterTaskDefinition', { taskDefinition: 'job:1' });

    expect(await world.run(changes)).toMatchObject({ status: 400, __type: code, message });
  });
});

/** A definition whose JSON has this many bytes. */
function sized(bytes: number): object {
  const with_ = (command: string) => ({
    ...definition,
    containerDefinitions: [{ ...main, command: [command] }],
  });
  return with_('x'.repeat(bytes - JSON.stringify(with_('')).length));
}
const containers = (count: number) => ({
  containerDefinitions: Array.from({ length: count }, (_, at) => ({ ...main, name: `c${at}` })),
});

describe('RegisterTaskDefinition accepts input at a limit, not beyond it (aws-ecs.md B.5)', () => {
  it.each([
    ['family', { family: 'f'.repeat(255) }, { family: 'f'.repeat(256) }],
    ['letters of family', { family: 'aZ0-_' }, { family: 'a.b' }],
    ['size', sized(65_536), sized(65_537)],
    ['containers', containers(10), containers(11)],
    ['at least one container', containers(1), containers(0)],
    [
      'container name',
      { containerDefinitions: [{ ...main, name: 'n'.repeat(255) }] },
      { containerDefinitions: [{ ...main, name: 'n'.repeat(256) }] },
    ],
    [
      'an essential container',
      { containerDefinitions: [main, { ...main, name: 'b', essential: false }] },
      { containerDefinitions: [{ ...main, essential: false }] },
    ],
    ['network mode', { networkMode: 'awsvpc' }, { networkMode: 'bridge' }],
    ['cpu at the task', { cpu: '.25 vCPU' }, { cpu: undefined }],
    ['memory at the task', { memory: '1 GB' }, { memory: undefined }],
    ['storage', { ephemeralStorage: { sizeInGiB: 200 } }, { ephemeralStorage: { sizeInGiB: 201 } }],
    [
      'stop timeout',
      { containerDefinitions: [{ ...main, stopTimeout: 120 }] },
      { containerDefinitions: [{ ...main, stopTimeout: 121 }] },
    ],
    [
      'ECR image needs a role',
      {
        executionRoleArn: 'arn:aws:iam::1:role/e',
        containerDefinitions: [{ ...main, image: ecr() }],
      },
      { containerDefinitions: [{ ...main, image: ecr() }] },
    ],
    [
      'cpu on EC2',
      { requiresCompatibilities: ['EC2'], cpu: '196608' },
      { requiresCompatibilities: ['EC2'], cpu: '196609' },
    ],
    [
      'cpu on EC2 from below',
      { requiresCompatibilities: ['EC2'], cpu: '128' },
      { requiresCompatibilities: ['EC2'], cpu: '127' },
    ],
  ])('%s', async (_what, within, beyond) => {
    await using world = awsWorld();

    expect(await world.register(within)).toMatchObject({ status: 200 });
    expect(await world.register(beyond)).toMatchObject({ status: 400, __type: 'ClientException' });
  });

  it.each([
    [256, [512, 1024, 2048], [256, 3072]],
    [512, [1024, 4096], [512, 5120]],
    [1024, [2048, 8192], [1024, 9216]],
    [2048, [4096, 16_384], [3072, 17_408]],
    [4096, [8192, 30_720], [7168, 31_744]],
    [8192, [16_384, 20_480, 61_440], [15_360, 17_408, 62_464]],
    [16_384, [32_768, 40_960, 122_880], [33_792, 124_928]],
    [32_768, [61_440, 122_880, 249_856], [63_488]],
    [300, [], [512]],
  ])('Fargate with %d CPU units accepts memory %j and refuses %j', async (cpu, sizes, wrong) => {
    await using world = awsWorld();
    const statusOf = async (memory: number) =>
      (await world.register({ cpu: String(cpu), memory: String(memory) })).status;

    expect(await Promise.all(sizes.map(statusOf))).toEqual(sizes.map(() => 200));
    expect(await Promise.all(wrong.map(statusOf))).toEqual(wrong.map(() => 400));
  });
});

function ecr(): string {
  return '111122223333.dkr.ecr.us-east-1.amazonaws.com/job:1';
}

it('Of two overlapping registrations of one family the second is refused', async () => {
  await using world = awsWorld({ registrationMs: 500 });
  const first = world.register();
  await world.clock.elapse(499);
  const second = await world.register();
  const other = world.register({ family: 'other' });
  await world.clock.elapse(1_000);
  const third = world.register();
  await world.clock.elapse(500);

  expect((await first).taskDefinition.revision).toBe(1);
  expect(second).toMatchObject({
    __type: 'ClientException',
    message: 'Too many concurrent attempts to create a new revision of the specified family.',
  });
  expect((await other).status).toBe(200);
  expect((await third).taskDefinition.revision).toBe(2);
});

describe('Reads accept a request at a limit and refuse one beyond it (aws-ecs.md B.4)', () => {
  const id = (at: number): string => String(at).padStart(32, '0');

  it.each([
    ['100 tasks', 'DescribeTasks', { tasks: Array.from({ length: 100 }, (_, at) => id(at)) }, 200],
    ['101 tasks', 'DescribeTasks', { tasks: Array.from({ length: 101 }, (_, at) => id(at)) }, 400],
    ['no tasks', 'DescribeTasks', { tasks: [] }, 400],
    ['a task id of 31', 'DescribeTasks', { tasks: ['0'.repeat(31)] }, 400],
    ['pages of 100', 'ListTasks', { maxResults: 100 }, 200],
    ['pages of 101', 'ListTasks', { maxResults: 101 }, 400],
    ['startedBy alone', 'ListTasks', { startedBy: 'a' }, 200],
    ['startedBy with a family', 'ListTasks', { startedBy: 'a', family: 'f' }, 400],
    ['startedBy with a status', 'ListTasks', { startedBy: 'a', desiredStatus: 'STOPPED' }, 400],
  ])('%s', async (_what, operation, input, status) => {
    await using world = awsWorld();

    expect(await world.ecs(operation, input)).toMatchObject({ status });
  });

  it('ListTasks pages stay the same when a task starts between them', async () => {
    await using world = awsWorld();
    await world.register();
    await world.run({ count: 10 });
    const first = await world.ecs('ListTasks', { maxResults: 6 });
    await world.run({ count: 2 });
    const second = await world.ecs('ListTasks', { maxResults: 6, nextToken: first.nextToken });

    expect(first.taskArns).toHaveLength(6);
    expect(second.taskArns).toHaveLength(6);
    expect(new Set([...first.taskArns, ...second.taskArns]).size).toBe(12);
    expect(second.nextToken).toBeUndefined();
  });
});

describe('Token buckets (aws-ecs.md B.6)', () => {
  const inputs: Readonly<Record<string, object>> = {
    'ecs:RunTask': { taskDefinition: 'x', count: 99 },
    'ecs:StopTask': { task: '0'.repeat(32) },
    'ecs:DescribeTasks': { tasks: ['0'.repeat(32)] },
  };

  it.each(Object.entries(categoryOf))('charge %s to the category: %s', async (name, category) => {
    await using world = awsWorld({ rateLimits: true });
    const [, operation = ''] = name.split(':');
    const { burst, perSecond } = ecsLimits[category];
    const call = () => world.ecs(operation, inputs[name] ?? {});
    const throttled = async () => (await call()).__type === 'ThrottlingException';

    for (let at = 0; at < burst; at += 1) expect(await throttled()).toBe(false);
    expect(await call()).toMatchObject({
      status: 400,
      __type: 'ThrottlingException',
      message: 'Rate exceeded',
    });
    await world.clock.elapse(1_000);
    for (let at = 0; at < perSecond; at += 1) expect(await throttled()).toBe(false);
    expect(await throttled()).toBe(true);
  });

  it('count Fargate launches in tasks, separately for on-demand and Spot', async () => {
    await using world = awsWorld({ rateLimits: true });
    await world.register();
    const spot = {
      launchType: undefined,
      capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT' }],
    };

    for (let at = 0; at < 10; at += 1)
      expect(await world.run({ count: 10 })).toMatchObject({ status: 200 });
    expect(await world.run({ count: 1 })).toMatchObject({ __type: 'ThrottlingException' });
    expect(await world.run({ count: 1, ...spot })).toMatchObject({ status: 200 });
  });

  it('charge nothing for a launch that they refuse', async () => {
    await using world = awsWorld({ rateLimits: true });
    await world.register();
    for (let at = 0; at < 9; at += 1) await world.run({ count: 10 });

    expect(await world.run({ count: 5 })).toMatchObject({ status: 200 });
    expect(await world.run({ count: 6 })).toMatchObject({ status: 400 });
    expect(await world.run({ count: 5 })).toMatchObject({ status: 200 });
  });

  it('are separate for each account and region', async () => {
    await using world = awsWorld({ rateLimits: true });
    const read = (options: object) =>
      world.ecs('DescribeTasks', { tasks: ['0'.repeat(32)] }, options);
    const category: LimitCategory = 'cluster resource read';
    for (let at = 0; at < ecsLimits[category].burst; at += 1) await read({});

    expect((await read({})).status).toBe(400);
    expect((await read({ account: '444455556666' })).status).toBe(200);
    expect((await read({ region: 'eu-west-1' })).status).toBe(200);
  });

  it.each([
    ['GetLogEvents', 'us-east-1', 25],
    ['GetLogEvents', 'eu-central-1', 10],
    ['GetLogEvents', 'eu-west-3', 30],
    ['FilterLogEvents', 'us-east-1', 25],
    ['FilterLogEvents', 'us-west-2', 10],
    ['FilterLogEvents', 'eu-central-1', 5],
  ])('limit %s in %s to %d a second', async (operation, region, perSecond) => {
    await using world = awsWorld({ rateLimits: true });
    const input = { logGroupName: 'g', logStreamName: 's' };
    const answers: string[] = [];

    for (let at = 0; at <= perSecond; at += 1)
      answers.push((await world.call('logs', operation, input, { region })).__type);

    expect(answers.slice(0, -1)).not.toContain('ThrottlingException');
    expect(answers.at(-1)).toBe('ThrottlingException');
  });
});
