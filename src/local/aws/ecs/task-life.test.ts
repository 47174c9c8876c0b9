import { describe, expect, it } from 'vitest';
import { awsWorld, definition, request } from '../aws-world.test-support.ts';
import type { TaskExecutor } from './executor.ts';
import { startFailures, type StartFailureName } from './course.ts';

describe('A scripted task', () => {
  it('follows its own delays, runs as long as its story and waits after its exit', async () => {
    await using world = awsWorld({
      story: () => ({
        delays: { provisioning: 10_000, pending: 5_000, stopAsked: 1_000, deprovisioning: 20_000 },
        runsMs: 60_000,
        exitCode: 3,
      }),
    });
    await world.register();
    const { tasks } = await world.run();
    const { taskArn } = tasks[0];
    const seen: string[] = [];

    for (const ms of [0, 10_000, 5_000, 100, 60_000, 1_000, 50, 50, 20_000]) {
      await world.clock.elapse(ms);
      const { lastStatus, desiredStatus } = await world.describe(taskArn);
      seen.push(`${lastStatus} ${desiredStatus}`);
    }

    expect(seen).toEqual([
      'PROVISIONING RUNNING',
      'PENDING RUNNING',
      'ACTIVATING RUNNING',
      'RUNNING RUNNING',
      'RUNNING STOPPED',
      'DEACTIVATING STOPPED',
      'STOPPING STOPPED',
      'DEPROVISIONING STOPPED',
      'STOPPED STOPPED',
    ]);
    const task = await world.describe(taskArn);
    expect(task.containers[0]).toMatchObject({ exitCode: 3, lastStatus: 'STOPPED' });
    expect(task.stoppedAt - task.executionStoppedAt).toBeCloseTo(20.05, 2);
    expect(task.version).toBe(9);
    expect(task.attachments[0].status).toBe('DELETED');
    expect(world.executor.live).toBe(0);
  });

  it.each(Object.keys(startFailures) as StartFailureName[])('fails to start: %s', async (name) => {
    await using world = awsWorld({ story: () => ({ startFailure: name }) });
    await world.register();
    const { tasks } = await world.run();

    await world.clock.elapse(1_000);

    const task = await world.describe(tasks[0].taskArn);
    expect(task).toMatchObject({ lastStatus: 'STOPPED', stopCode: 'TaskFailedToStart' });
    expect(task.stoppedReason).toBe(startFailures[name].reason);
    expect(task.startedAt).toBeUndefined();
    expect('exitCode' in task.containers[0]).toBe(false);
  });

  it('runs out of memory', async () => {
    await using world = awsWorld({
      story: () => ({ incidents: [{ kind: 'out-of-memory', afterMs: 1_000 }] }),
    });
    await world.register();
    const { tasks } = await world.run();

    await world.clock.elapse(5_000);

    const task = await world.describe(tasks[0].taskArn);
    expect(task.stopCode).toBe('EssentialContainerExited');
    expect(task.containers[0]).toMatchObject({
      exitCode: 137,
      reason: 'OutOfMemoryError: Container killed due to memory usage',
    });
  });

  it('gets SIGTERM with the Spot notice, and the interruption two minutes later', async () => {
    await using world = awsWorld({
      story: () => ({
        endsAfterSigtermMs: 300_000,
        incidents: [{ kind: 'spot-interruption', afterMs: 0 }],
      }),
    });
    await world.register({
      containerDefinitions: [{ ...definition.containerDefinitions[0], stopTimeout: 120 }],
    });
    const { tasks } = await world.run();
    const { taskArn } = tasks[0];

    await world.clock.elapse(500 + 119_000);
    const noticed = await world.describe(taskArn);
    await world.clock.elapse(2_000);
    const gone = await world.describe(taskArn);

    expect(noticed).toMatchObject({
      lastStatus: 'RUNNING',
      desiredStatus: 'STOPPED',
      stopCode: 'TerminationNotice',
    });
    expect(gone).toMatchObject({ lastStatus: 'STOPPED', stopCode: 'SpotInterruption' });
    expect(gone.containers[0].exitCode).toBe(137);
  });

  it.each([
    ['host-retired', 143],
    ['host-lost', undefined],
  ] as const)('ends by %s with exit code %s', async (kind, exitCode) => {
    await using world = awsWorld({ story: () => ({ incidents: [{ kind, afterMs: 100 }] }) });
    await world.register();
    const { tasks } = await world.run();

    await world.clock.elapse(2_000);

    const task = await world.describe(tasks[0].taskArn);
    expect(task).toMatchObject({ lastStatus: 'STOPPED', stopCode: 'InfrastructureHealth' });
    expect(task.containers[0].exitCode).toBe(exitCode);
  });

  it('vanishes', async () => {
    await using world = awsWorld({
      story: () => ({ incidents: [{ kind: 'vanish', afterMs: 100 }] }),
    });
    await world.register();
    const { tasks } = await world.run();

    await world.clock.elapse(2_000);

    const { failures } = await world.ecs('DescribeTasks', { tasks: [tasks[0].taskArn] });
    expect(failures).toEqual([{ arn: tasks[0].taskArn, reason: 'MISSING' }]);
    expect(world.aws.runningTasks()).toEqual([]);
    expect(world.executor.live).toBe(0);
  });

  it('that ignores SIGTERM is killed after the stop timeout', async () => {
    await using world = awsWorld({ story: () => ({ ignoresSigterm: true }) });
    await world.register({ containerDefinitions: [{ name: 'main', image: 'i', stopTimeout: 7 }] });
    const { tasks } = await world.run();
    await world.clock.elapse(1_000);

    const answer = await world.ecs('StopTask', { task: tasks[0].taskArn });
    await world.clock.elapse(7_000);
    const waiting = await world.describe(tasks[0].taskArn);
    await world.clock.elapse(1_000);

    expect(answer.task).toMatchObject({ lastStatus: 'RUNNING', desiredStatus: 'STOPPED' });
    expect(waiting.lastStatus).toBe('STOPPING');
    expect(await world.describe(tasks[0].taskArn)).toMatchObject({
      lastStatus: 'STOPPED',
      stopCode: 'UserInitiated',
      containers: [{ exitCode: 137 }],
    });
  });

  it('never starts its containers when it is stopped earlier', async () => {
    await using world = awsWorld();
    await world.register();
    const { tasks } = await world.run();

    await world.ecs('StopTask', { task: tasks[0].taskArn, reason: 'changed my mind' });
    await world.clock.elapse(60_000);

    const task = await world.describe(tasks[0].taskArn);
    expect(task).toMatchObject({
      lastStatus: 'STOPPED',
      stopCode: 'UserInitiated',
      stoppedReason: 'changed my mind',
    });
    expect('exitCode' in task.containers[0]).toBe(false);
  });
});

it('leaves no story behind, whether it started or not', async () => {
  await using world = awsWorld({
    story: ({ startedBy }) =>
      startedBy === 'failing' ? { startFailure: 'image-pull' } : { runsMs: 10 },
  });
  await world.register();
  for (const startedBy of ['failing', 'running', 'stopped']) await world.run({ startedBy });
  expect(world.executor.tasks).toBe(3);
  await world.ecs('StopTask', { task: world.aws.tasks()[2]?.taskArn });

  await world.clock.elapse(5_000);

  expect(world.aws.runningTasks()).toEqual([]);
  expect(world.executor.tasks).toBe(0);
});

it('is cleaned up once after it ran', async () => {
  let cleaned = 0;
  const executor: TaskExecutor = {
    start: () =>
      Promise.resolve({
        kind: 'started',
        containers: [
          {
            name: 'main',
            exited: Promise.resolve({ exitCode: 0 }),
            stop: () => undefined,
            kill: () => undefined,
          },
        ],
        cleanUp: () => {
          cleaned += 1;
          return Promise.resolve();
        },
      }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
  await using world = awsWorld({ executor });
  await world.register();
  await world.run();
  await world.clock.elapse(5_000);

  expect(cleaned).toBe(1);
});

describe('Several containers of a task', () => {
  const withInit = (condition: string) => ({
    containerDefinitions: [
      { name: 'main', image: 'i', dependsOn: [{ containerName: 'init', condition }] },
      { name: 'init', image: 'i', essential: false },
    ],
  });

  it('start in the order of dependsOn, and the task is RUNNING when all have started', async () => {
    await using world = awsWorld({
      story: () => ({ containers: { init: { runsMs: 10_000 }, main: {} } }),
    });
    await world.register(withInit('SUCCESS'));
    const { tasks } = await world.run();

    await world.clock.elapse(5_000);
    const before = await world.describe(tasks[0].taskArn);
    await world.clock.elapse(10_000);
    const after = await world.describe(tasks[0].taskArn);

    expect(before.lastStatus).toBe('ACTIVATING');
    expect(statuses(before)).toEqual({ main: 'PENDING', init: 'RUNNING' });
    expect(after.lastStatus).toBe('RUNNING');
    expect(statuses(after)).toEqual({ main: 'RUNNING', init: 'STOPPED' });
  });

  it('do not start after a dependency that failed', async () => {
    await using world = awsWorld({
      story: () => ({ containers: { init: { runsMs: 10, exitCode: 1 } } }),
    });
    await world.register(withInit('SUCCESS'));
    const { tasks } = await world.run();

    await world.clock.elapse(5_000);

    expect(await world.describe(tasks[0].taskArn)).toMatchObject({
      lastStatus: 'STOPPED',
      stopCode: 'TaskFailedToStart',
    });
  });

  it('stop in the reverse order of dependsOn', async () => {
    await using world = awsWorld({
      story: () => ({ containers: { main: { endsAfterSigtermMs: 5_000 }, proxy: {}, log: {} } }),
    });
    await world.register({
      containerDefinitions: [
        { name: 'log', image: 'i' },
        { name: 'proxy', image: 'i', dependsOn: [{ containerName: 'log', condition: 'START' }] },
        { name: 'main', image: 'i', dependsOn: [{ containerName: 'proxy', condition: 'START' }] },
      ],
    });
    const { tasks } = await world.run();
    await world.clock.elapse(2_000);
    await world.ecs('StopTask', { task: tasks[0].taskArn });

    await world.clock.elapse(4_000);
    const between = await world.describe(tasks[0].taskArn);
    await world.clock.elapse(4_000);
    const after = await world.describe(tasks[0].taskArn);

    expect(statuses(between)).toEqual({ main: 'RUNNING', proxy: 'RUNNING', log: 'RUNNING' });
    expect(exitCodes(after)).toEqual({ main: 143, proxy: 143, log: 143 });
    expect(after.lastStatus).toBe('STOPPED');
  });

  it('continue when a sidecar ends, and stop when an essential one ends', async () => {
    await using world = awsWorld({
      story: () => ({
        containers: { sidecar: { runsMs: 1_000 }, main: { runsMs: 5_000 }, other: {} },
      }),
    });
    await world.register({
      containerDefinitions: [
        { name: 'main', image: 'i' },
        { name: 'sidecar', image: 'i', essential: false },
        { name: 'other', image: 'i', essential: false },
      ],
    });
    const { tasks } = await world.run();

    await world.clock.elapse(3_000);
    const between = await world.describe(tasks[0].taskArn);
    await world.clock.elapse(5_000);
    const after = await world.describe(tasks[0].taskArn);

    expect(between.lastStatus).toBe('RUNNING');
    expect(exitCodes(between)).toEqual({ main: undefined, sidecar: 0, other: undefined });
    expect(exitCodes(after)).toEqual({ main: 0, sidecar: 0, other: 143 });
    expect(after.stopCode).toBe('EssentialContainerExited');
  });
});

describe('A read', () => {
  it('does not show a new task at first, and later shows an older state', async () => {
    await using world = awsWorld({ consistency: { missingMs: 3_000, staleMs: 100 } });
    await world.register();
    const { tasks } = await world.run({ startedBy: 'me' });
    const read = async () => {
      const described = await world.ecs('DescribeTasks', { tasks: [tasks[0].taskArn] });
      const listed = await world.ecs('ListTasks', { startedBy: 'me' });
      return [
        described.failures[0]?.reason ?? described.tasks[0].lastStatus,
        listed.taskArns.length,
      ];
    };

    await world.clock.elapse(2_999);
    expect(await read()).toEqual(['MISSING', 0]);
    await world.clock.elapse(1);
    expect(await read()).toEqual(['RUNNING', 1]);
    await world.ecs('StopTask', { task: tasks[0].taskArn });
    expect(await read()).toEqual(['RUNNING', 1]);
    await world.clock.elapse(100);
    expect(await read()).toEqual(['DEACTIVATING', 0]);
  });

  it('with a stale fault returns an older state once', async () => {
    await using world = awsWorld();
    await world.register();
    using _rule = world.aws.faults.add({
      operation: 'ecs:DescribeTasks',
      fault: { kind: 'stale', ms: 300 },
      times: 1,
    });
    const { tasks } = await world.run();
    await world.clock.elapse(500);

    expect((await world.describe(tasks[0].taskArn)).lastStatus).toBe('PENDING');
    expect((await world.describe(tasks[0].taskArn)).lastStatus).toBe('RUNNING');
  });
});

describe('A repeated clientToken', () => {
  it('returns few members of a stopped task, and nothing of a forgotten one', async () => {
    await using world = awsWorld({ story: () => ({ runsMs: 10 }), stoppedTaskRetentionMs: 60_000 });
    await world.register();
    const first = await world.run({ clientToken: 't' });
    const again = await world.run({ clientToken: 't' });
    await world.clock.elapse(2_000);
    const stopped = await world.run({ clientToken: 't' });
    await world.clock.elapse(60_000);
    const forgotten = await world.run({ clientToken: 't' });

    const { taskArn } = first.tasks[0];
    expect(again.tasks[0].taskArn).toBe(taskArn);
    expect(stopped.tasks).toEqual([{ taskArn, lastStatus: 'STOPPED', desiredStatus: 'STOPPED' }]);
    expect(forgotten).toMatchObject({ tasks: [], failures: [{ arn: taskArn, reason: 'MISSING' }] });
  });

  it('is another request in another cluster', async () => {
    await using world = awsWorld({ clusters: ['dev'] });
    await world.register();
    const one = await world.run({ clientToken: 't' });
    const other = await world.run({ clientToken: 't', cluster: 'dev' });

    expect(other.tasks[0].taskArn).not.toBe(one.tasks[0].taskArn);
  });

  it('is valid for 24 hours with a task that does not end', async () => {
    await using world = awsWorld();
    await world.register();
    const first = await world.run({ clientToken: 't' });
    await world.clock.elapse(24 * 3_600_000);
    const within = await world.run({ clientToken: 't' });
    await world.clock.elapse(1);
    const after = await world.run({ clientToken: 't' });

    expect(within.tasks[0].taskArn).toBe(first.tasks[0].taskArn);
    expect(after.tasks[0].taskArn).not.toBe(first.tasks[0].taskArn);
  });
});

it('is compared with the request that it was used for', async () => {
  await using world = awsWorld();
  await world.register({
    tags: [
      { key: 'a', value: 'definition' },
      { key: 'b', value: 'definition' },
    ],
  });

  const { tasks } = await world.run({
    tags: [{ key: 'a', value: 'task' }],
    propagateTags: 'TASK_DEFINITION',
  });

  expect(tasks[0].tags).toEqual([
    { key: 'a', value: 'task' },
    { key: 'b', value: 'definition' },
  ]);
  expect(tasks[0].attachments[0].details).toEqual([
    { name: 'subnetId', value: request.networkConfiguration.awsvpcConfiguration.subnets[0] },
  ]);
});

interface SeenTask {
  readonly containers: readonly {
    readonly name: string;
    readonly lastStatus: string;
    readonly exitCode?: number;
  }[];
}

function statuses({ containers }: SeenTask): Readonly<Record<string, string>> {
  return Object.fromEntries(containers.map(({ name, lastStatus }) => [name, lastStatus]));
}

function exitCodes({ containers }: SeenTask): Readonly<Record<string, number | undefined>> {
  return Object.fromEntries(containers.map(({ name, exitCode }) => [name, exitCode]));
}
