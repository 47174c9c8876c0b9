import { describe, expect, it } from 'vitest';
import { awsWorld } from '../aws-world.test-support.ts';
import { defaultNetwork } from '../ec2/network.ts';

const noCapacity =
  'Capacity is unavailable at this time. Please try again later or in a different availability ' +
  'zone';
const onSpot = {
  launchType: undefined,
  capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }],
};

describe('Fargate', () => {
  it('has no capacity when a test says so, and RunTask answers 200 with failures', async () => {
    await using world = awsWorld();
    await world.register();

    world.aws.capacity.fargate(false);
    const none = await world.run({ count: 2, clientToken: 't' });
    world.aws.capacity.fargate(true);
    const again = await world.run({ count: 2, clientToken: 't' });

    expect(none).toEqual({
      status: 200,
      tasks: [],
      failures: [{ reason: noCapacity }, { reason: noCapacity }],
    });
    expect(again.tasks).toHaveLength(2);
  });

  it('has no capacity on Spot, for the next task, or beyond a quota', async () => {
    await using world = awsWorld();
    await world.register();
    world.aws.capacity.fargate(false, { provider: 'FARGATE_SPOT' });
    expect((await world.run(onSpot)).failures).toEqual([{ reason: noCapacity }]);
    expect((await world.run()).failures).toEqual([]);

    world.aws.capacity.failNext(1);
    expect((await world.run({ count: 2 })).tasks).toHaveLength(1);

    world.aws.capacity.limitTasks(3);
    const { tasks, failures } = await world.run({ count: 2 });
    expect(tasks).toHaveLength(1);
    expect(failures).toEqual([
      { reason: "You've reached the limit on the number of tasks you can run concurrently" },
    ]);
  });

  it('reports missing Spot capacity for an accepted task in its own words', async () => {
    await using world = awsWorld();
    await world.register();
    world.aws.faults.add({ task: { kind: 'start-failure', failure: 'no-room' }, times: 1 });
    const { tasks } = await world.run(onSpot);

    await world.clock.elapse(5_000);

    const task = await world.describe(tasks[0].taskArn);
    expect(task).toMatchObject({
      lastStatus: 'STOPPED',
      stopCode: 'TaskFailedToStart',
      stoppedReason: noCapacity,
      capacityProviderName: 'FARGATE_SPOT',
    });
    expect(task.startedAt).toBeUndefined();
    expect('exitCode' in task.containers[0]).toBe(false);
  });

  it('has capacity in another zone', async () => {
    await using world = awsWorld({ network: defaultNetwork });
    await world.register();
    world.aws.capacity.fargate(false, { zone: 'us-east-1a' });
    const run = (...subnets: readonly string[]) =>
      world.run({ networkConfiguration: { awsvpcConfiguration: { subnets } } });

    expect((await run('subnet-0a1b2c3d4e5f60710')).failures).toEqual([{ reason: noCapacity }]);
    const { tasks } = await run('subnet-0a1b2c3d4e5f60710', 'subnet-0a1b2c3d4e5f60711');
    expect(tasks[0]).toMatchObject({ availabilityZone: 'us-east-1b' });
  });

  it('is used as the cluster’s default strategy says, spread by base and weight', async () => {
    await using world = awsWorld();
    await world.register();
    await world.ecs('CreateCluster', {
      clusterName: 'mixed',
      capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
      defaultCapacityProviderStrategy: [
        { capacityProvider: 'FARGATE', base: 1, weight: 1 },
        { capacityProvider: 'FARGATE_SPOT', weight: 3 },
      ],
    });

    const { tasks } = await world.run({ cluster: 'mixed', launchType: undefined, count: 9 });
    const providers = tasks.map(
      (task: { capacityProviderName: string }) => task.capacityProviderName,
    );

    expect(providers.filter((name: string) => name === 'FARGATE')).toHaveLength(3);
    expect(providers[0]).toBe('FARGATE');
  });

  it('is refused by strategy in a cluster that does not have it', async () => {
    await using world = awsWorld();
    await world.register();
    await world.ecs('CreateCluster', { clusterName: 'bare' });

    expect(await world.run({ cluster: 'bare', ...onSpot })).toMatchObject({
      __type: 'InvalidParameterException',
    });
  });
});

describe('Subnets and security groups that EC2 does not have', () => {
  const network = {
    ...defaultNetwork,
    subnets: [
      ...defaultNetwork.subnets,
      { subnetId: 'subnet-2', vpcId: 'vpc-2', cidrBlock: '10.0.0.0/24', zone: 'a' },
    ],
    securityGroups: [{ groupId: 'sg-2', groupName: 'x', vpcId: 'vpc-2' }],
  };
  it.each([
    [
      ['subnet-x'],
      [],
      "Error retrieving subnet information for [subnet-x]: The subnet ID 'subnet-x' does not " +
        'exist (ErrorCode: InvalidSubnetID.NotFound)',
    ],
    [['subnet-0a1b2c3d4e5f60710', 'subnet-2'], [], 'All subnets must belong to the same VPC.'],
    [
      ['subnet-0a1b2c3d4e5f60710'],
      ['sg-2'],
      'Security group sg-2 does not appear to belong to the same VPC as the input subnets.',
    ],
  ])('are refused: %j %j', async (subnets, securityGroups, message) => {
    await using world = awsWorld({ network });
    await world.register();

    expect(
      await world.run({
        networkConfiguration: { awsvpcConfiguration: { subnets, securityGroups } },
      }),
    ).toMatchObject({ __type: 'InvalidParameterException', message });
  });
});

describe('Container instances', () => {
  async function instanceWorld() {
    const world = awsWorld({ provisioningTimeoutMs: 60_000 });
    await world.register({
      requiresCompatibilities: ['EC2'],
      networkMode: 'bridge',
      cpu: undefined,
      memory: undefined,
      containerDefinitions: [
        {
          name: 'main',
          image: 'i',
          cpu: 512,
          memory: 1024,
          portMappings: [{ containerPort: 80, hostPort: 8080 }],
        },
      ],
    });
    const run = (changes: object = {}) =>
      world.run({ launchType: 'EC2', networkConfiguration: undefined, ...changes });
    return { ...world, run };
  }

  it.each([
    ['RESOURCE:CPU', { cpu: 511, memory: 4096 }],
    ['RESOURCE:MEMORY', { cpu: 4096, memory: 1023 }],
  ])('refuse a task with %s', async (reason, size) => {
    await using world = await instanceWorld();
    const { arn } = world.aws.capacity.addInstance({ cluster: 'default' }, size);

    expect(await world.run()).toMatchObject({
      status: 200,
      tasks: [],
      failures: [{ arn, reason }],
    });
  });

  it('fill up, including their ports, and have room again when a task stops', async () => {
    await using world = await instanceWorld();
    world.aws.capacity.addInstance({ cluster: 'default' }, { cpu: 512, memory: 1024 });
    const { tasks } = await world.run();
    const full = await world.run();
    await world.ecs('StopTask', { task: tasks[0].taskArn });
    await world.clock.elapse(5_000);

    expect(tasks[0]).toMatchObject({
      launchType: 'EC2',
      containerInstanceArn: expect.stringContaining('arn:'),
    });
    expect(full.failures[0].reason).toBe('RESOURCE:CPU');
    expect((await world.run()).tasks).toHaveLength(1);
  });

  it('report RESOURCE:PORTS and AGENT, and are skipped while they drain', async () => {
    await using world = await instanceWorld();
    const instance = world.aws.capacity.addInstance(
      { cluster: 'default' },
      { cpu: 4096, memory: 8192 },
    );
    await world.run();
    expect((await world.run()).failures[0].reason).toBe('RESOURCE:PORTS');
    instance.disconnectAgent();
    expect((await world.run()).failures[0].reason).toBe('AGENT');
    const { containerInstances } = await world.ecs('DescribeContainerInstances', {
      containerInstances: [instance.arn],
    });
    expect(containerInstances[0]).toMatchObject({ agentConnected: false, pendingTasksCount: 1 });
  });

  it('end their tasks without an exit code when they die', async () => {
    await using world = await instanceWorld();
    const instance = world.aws.capacity.addInstance(
      { cluster: 'default' },
      { cpu: 512, memory: 1024 },
    );
    const { tasks } = await world.run();
    await world.clock.elapse(1_000);
    instance.terminate();
    await world.clock.elapse(5_000);

    const task = await world.describe(tasks[0].taskArn);
    expect(task).toMatchObject({ lastStatus: 'STOPPED', stopCode: 'InfrastructureHealth' });
    expect('exitCode' in task.containers[0]).toBe(false);
    expect((await world.run()).message).toBe('No Container Instances were found in your cluster.');
  });

  it('of a capacity provider are waited for in PROVISIONING, up to a timeout', async () => {
    await using world = await instanceWorld();
    await world.ecs('CreateCapacityProvider', {
      name: 'group',
      autoScalingGroupProvider: { autoScalingGroupArn: 'arn:aws:autoscaling:us-east-1:1:group' },
    });
    await world.ecs('PutClusterCapacityProviders', {
      cluster: 'default',
      capacityProviders: ['group'],
      defaultCapacityProviderStrategy: [{ capacityProvider: 'group', weight: 1 }],
    });
    const { tasks } = await world.run({ launchType: undefined, count: 2 });
    const [first, second] = tasks;
    await world.clock.elapse(30_000);
    expect((await world.describe(first.taskArn)).lastStatus).toBe('PROVISIONING');

    world.aws.capacity.addInstance(
      { cluster: 'default' },
      { cpu: 512, memory: 1024, capacityProvider: 'group' },
    );
    await world.clock.elapse(40_000);

    expect((await world.describe(first.taskArn)).lastStatus).toBe('RUNNING');
    expect(await world.describe(second.taskArn)).toMatchObject({
      lastStatus: 'STOPPED',
      stopCode: 'TaskFailedToStart',
      stoppedReason: 'EMPTY CAPACITY PROVIDER',
    });
  });
});
