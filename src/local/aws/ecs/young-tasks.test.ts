import { describe, expect, it } from 'vitest';
import { awsWorld } from '../aws-world.test-support.ts';

const notFound = {
  status: 400,
  __type: 'InvalidParameterException',
  message: 'The referenced task was not found.',
};

describe('A young task', () => {
  it('is not found by StopTask, although it runs on', async () => {
    await using world = awsWorld({ consistency: { unstoppableMs: 5_000 } });
    await world.register();
    const { tasks } = await world.run();
    const stop = () => world.ecs('StopTask', { task: tasks[0].taskArn });

    await world.clock.elapse(4_999);
    expect(await stop()).toEqual(notFound);
    expect(await world.describe(tasks[0].taskArn)).toMatchObject({ lastStatus: 'RUNNING' });
    await world.clock.elapse(1);
    expect(await stop()).toMatchObject({ status: 200, task: { desiredStatus: 'STOPPED' } });
  });

  it('is omitted by ListTasks, although DescribeTasks returns it', async () => {
    await using world = awsWorld({ consistency: { unlistedMs: 5_000 } });
    await world.register();
    const { tasks } = await world.run({ startedBy: 'me' });
    const listed = async () => (await world.ecs('ListTasks', { startedBy: 'me' })).taskArns;

    await world.clock.elapse(4_999);
    expect(await listed()).toEqual([]);
    expect(await world.describe(tasks[0].taskArn)).toMatchObject({ lastStatus: 'RUNNING' });
    await world.clock.elapse(1);
    expect(await listed()).toEqual([tasks[0].taskArn]);
  });
});

describe('A clientToken', () => {
  const hourMs = 3_600_000;

  it('names one request until an hour after its task, then launches a new one', async () => {
    await using world = awsWorld({ story: () => ({ runsMs: 60_000 }) });
    await world.register();
    const first = await world.run({ clientToken: 't' });
    await world.clock.elapse(120_000);
    const [stopped] = world.aws.tasks();
    const sinceMs = world.clock.now().getTime() - (stopped?.stoppedAt?.getTime() ?? 0);

    await world.clock.elapse(hourMs - sinceMs);
    const within = await world.run({ clientToken: 't' });
    await world.clock.elapse(1);
    const after = await world.run({ clientToken: 't' });

    expect(within.tasks[0].taskArn).toBe(first.tasks[0].taskArn);
    expect(after.tasks[0].taskArn).not.toBe(first.tasks[0].taskArn);
    expect(world.aws.runningTasks()).toHaveLength(1);
  });
});
