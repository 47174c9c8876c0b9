import { describe, expect, it } from 'vitest';
import { awsWorld } from '../aws-world.test-support.ts';
import { defaultNetwork } from '../ec2/network.ts';

const room = { cpu: 1_000_000, memory: 1_000_000 };
const onInstances = { requiresCompatibilities: ['EC2'], networkMode: 'bridge' };
const onEc2 = { launchType: 'EC2', networkConfiguration: undefined };
const inFirstZone = {
  networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-0a1b2c3d4e5f60710'] } },
};

describe('An instance accepts a task that fits and refuses one that does not', () => {
  it.each([
    [
      'ATTRIBUTE',
      { placementConstraints: [{ type: 'memberOf', expression: 'attribute:disk == ssd' }] },
      {},
      { attributes: [{ name: 'disk', value: 'ssd' }] },
      { attributes: [{ name: 'other' }] },
    ],
    ['LOCATION', { networkMode: 'awsvpc' }, inFirstZone, { zone: 'a' }, { zone: 'b' }],
    [
      'RESOURCE:GPU',
      {
        containerDefinitions: [
          { name: 'main', image: 'i', resourceRequirements: [{ type: 'GPU', value: '2' }] },
        ],
      },
      {},
      { gpus: 2 },
      { gpus: 1 },
    ],
    ['RESOURCE:ENI', { networkMode: 'awsvpc' }, inFirstZone, { enis: 1 }, { enis: 0 }],
  ])('%s', async (reason, definition, request, within, beyond) => {
    await using world = awsWorld({ network: defaultNetwork, clusters: ['beyond'] });
    await world.register({ ...onInstances, ...definition });
    world.aws.capacity.addInstance({ cluster: 'default' }, { ...room, ...within });
    const { arn } = world.aws.capacity.addInstance({ cluster: 'beyond' }, { ...room, ...beyond });

    const fits = await world.run({ ...onEc2, ...request });
    const misfits = await world.run({ ...onEc2, ...request, cluster: 'beyond' });

    expect(fits).toMatchObject({ status: 200, tasks: [expect.anything()], failures: [] });
    expect(misfits).toMatchObject({ status: 200, tasks: [], failures: [{ arn, reason }] });
  });
});

const overQuota = {
  status: 400,
  __type: 'ClientException',
  message: 'Tasks provisioning capacity limit exceeded.',
};

/** Clusters whose tasks wait for instances that do not exist. */
async function waitingWorld() {
  const world = awsWorld({ clusters: ['other'] });
  await world.register(onInstances);
  await world.ecs('CreateCapacityProvider', {
    name: 'group',
    autoScalingGroupProvider: { autoScalingGroupArn: 'arn:aws:autoscaling:us-east-1:1:group' },
  });
  for (const cluster of ['default', 'other'])
    await world.ecs('PutClusterCapacityProviders', {
      cluster,
      capacityProviders: ['group'],
      defaultCapacityProviderStrategy: [{ capacityProvider: 'group', weight: 1 }],
    });
  const run = (changes: object = {}) => world.run({ ...onEc2, launchType: undefined, ...changes });
  return { ...world, run };
}

it('At most 300 tasks of a cluster wait for a capacity provider in PROVISIONING', async () => {
  await using world = await waitingWorld();
  const { run } = world;
  for (let waiting = 0; waiting < 290; waiting += 10) await run({ count: 10 });

  const last = await run({ count: 10 });
  const beyond = await run();

  expect(last).toMatchObject({ status: 200, failures: [] });
  expect(last.tasks).toHaveLength(10);
  expect(beyond).toEqual(overQuota);
  expect((await run({ cluster: 'other' })).tasks).toHaveLength(1);
  await world.ecs('StopTask', { task: last.tasks[0].taskArn });
  expect((await run()).tasks).toHaveLength(1);
});

it('A test can change how many tasks may wait', async () => {
  await using world = await waitingWorld();
  world.aws.capacity.limitProvisioning(1);

  expect((await world.run({ clientToken: 'one' })).tasks).toHaveLength(1);
  expect(await world.run({ clientToken: 'two' })).toEqual(overQuota);
  world.aws.capacity.limitProvisioning();
  expect((await world.run({ clientToken: 'two' })).tasks).toHaveLength(1);
});

it('A call for more tasks than may wait gets those that may', async () => {
  await using world = await waitingWorld();
  world.aws.capacity.limitProvisioning(1);

  const { tasks, failures } = await world.run({ count: 3 });

  expect(tasks).toHaveLength(1);
  expect(failures).toEqual([{ reason: overQuota.message }, { reason: overQuota.message }]);
});
