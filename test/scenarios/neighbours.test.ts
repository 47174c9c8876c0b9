import { describe, expect, it } from 'vitest';
import { World, type WorldOptions } from './world.ts';

const fargate: WorldOptions['aws'] = {
  delays: { provisioning: 10_000, pending: 10_000, deactivating: 1_000, deprovisioning: 30_000 },
};

/** The follower of a run as its label names it. */
const followerOf = (world: World, run: string): string =>
  String(world.prefect.run(run).labels['prefect.ecs.follower'] ?? '')
    .split(' ')
    .slice(2)
    .join(' ');

describe('A worker beside others', () => {
  it('releases the runs that another worker adopted while it was paused', async () => {
    await using world = await World.start({ aws: fargate, story: () => ({ runsForMs: 600_000 }) });
    const first = await world.startWorker({ name: 'first' });
    await world.startWorker({ name: 'second', limit: 10 });
    const runs = world.schedule(6);
    await world.until('all run', () => runs.every((run) => world.stateOf(run) === 'Running'));

    first.outside.freeze();
    await world.elapse('3m');
    await world.elapse('2m');
    first.outside.thaw();
    await world.until('all are over', () =>
      runs.every((run) => world.stateOf(run) === 'Completed'),
    );
    await world.elapse('12m');

    expect(runs.filter((run) => world.executor.startsOf(run) !== 1)).toEqual([]);
    expect(runs.filter((run) => world.statesOf(run).includes('Crashed'))).toEqual([]);
  });

  it('with the same name as another starts no run twice', async () => {
    await using world = await World.start({ aws: fargate, story: () => ({ runsForMs: 60_000 }) });
    await world.startWorker({ name: 'same' });
    await world.startWorker({ name: 'same' });
    const runs = world.schedule(20);

    await world.until('all are over', () =>
      runs.every((run) => world.stateOf(run) === 'Completed'),
    );
    await world.elapse('12m');

    expect(runs.filter((run) => world.executor.startsOf(run) !== 1)).toEqual([]);
  });

  it('adopts a dead namesake’s claim that arrives after its first listing', async () => {
    await using world = await World.start({ aws: fargate, story: () => ({ runsForMs: 60_000 }) });
    await world.startWorker({ name: 'same' });
    await world.elapse('30s');
    const [run = ''] = world.schedule();
    const message =
      "Claimed by worker 'same' (0b7dfb0a-8b0c-4f5e-9c0e-0d8a4a1f3c11) for cluster 'default' in 123456789012/us-east-1.";
    world.prefect.setState(run, 'PENDING', { name: 'Pending', message });

    await world.until('it is over', () => world.stateOf(run) === 'Completed');

    expect(world.executor.startsOf(run)).toBe(1);
  });

  it('adopts no followed run after Prefect was down for more than three heartbeats', async () => {
    await using world = await World.start({
      aws: fargate,
      story: () => ({ runsForMs: 1_800_000 }),
    });
    for (const name of ['one', 'two', 'three']) await world.startWorker({ name });
    const runs = world.schedule(9);
    await world.until('all run', () => runs.every((run) => world.stateOf(run) === 'Running'));
    const before = runs.map((run) => followerOf(world, run));

    {
      using _down = world.prefect.partition();
      await world.elapse('4m');
    }
    world.prefect.restart();
    await world.elapse('15m');

    expect(runs.map((run) => followerOf(world, run))).toEqual(before);
    await world.until(
      'all are over',
      () => runs.every((run) => world.stateOf(run) === 'Completed'),
      '40m',
    );
    expect(runs.filter((run) => world.executor.startsOf(run) !== 1)).toEqual([]);
  });

  it('crashes and loses no run while AWS fails for 10 minutes', async () => {
    await using world = await World.start({ aws: fargate, story: () => ({ runsForMs: 120_000 }) });
    await world.startWorker();
    const runs = world.schedule(5);
    await world.until('all run', () => runs.every((run) => world.stateOf(run) === 'Running'));

    world.aws.faults.add({ operation: 'ecs:*', fault: { kind: 'error', status: 500 } });
    const late = world.schedule(5);
    await world.elapse('10m');
    world.aws.faults.clear();
    await world.until('all are over', () =>
      [...runs, ...late].every((run) => world.stateOf(run) === 'Completed'),
    );

    expect([...runs, ...late].filter((run) => world.executor.startsOf(run) !== 1)).toEqual([]);
    expect([...runs, ...late].filter((run) => world.statesOf(run).includes('Crashed'))).toEqual([]);
  });

  it('does not touch a Python worker’s run that is launched 150 s after Pending', async () => {
    await using world = await World.start();
    await world.startWorker();
    const [run = ''] = world.schedule(
      1,
      world.prefect.createDeployment({ pool: 'pool', name: 'python' }),
    );
    world.prefect.setState(run, 'PENDING', { clientVersion: '3.8.8' });
    await world.elapse('150s');

    expect(world.executor.startsOf(run)).toBe(0);
    expect(world.statesOf(run)).toEqual(['Scheduled', 'Pending']);
  });

  it('crashes a run at the timeout if its Python worker died after the claim', async () => {
    await using world = await World.start();
    await world.startWorker();
    const [run = ''] = world.schedule();
    world.prefect.setState(run, 'PENDING');

    await world.elapse('45m');

    expect(world.prefect.stateOf(run)).toMatchObject({
      type: 'CRASHED',
      message: expect.stringContaining('no ECS task was found within 1800 seconds'),
    });
    expect(world.executor.startsOf(run)).toBe(0);
    expect(world.log.filter((line) => line.includes('its ECS task was not found'))).not.toEqual([]);
  });

  it('has its runs adopted within two syncs in a rolling replacement with new names', async () => {
    await using world = await World.start({ aws: fargate, story: () => ({ runsForMs: 900_000 }) });
    const old = [];
    for (const name of ['a', 'b', 'c']) old.push(await world.startWorker({ name, limit: 2 }));
    const runs = world.schedule(6);
    await world.until('all run', () => runs.every((run) => world.stateOf(run) === 'Running'));
    const waiting = world.schedule(4);

    for (const [at, worker] of old.entries()) {
      worker.drain();
      await world.elapse('1s');
      await worker.ended;
      await world.startWorker({ name: `new-${at}`, limit: 2 });
      await world.elapse('65s');
    }
    await world.elapse('30s');

    expect(runs.map((run) => followerOf(world, run).startsWith('new-'))).toEqual(
      runs.map(() => true),
    );
    await world.until(
      'all are over',
      () => [...runs, ...waiting].every((run) => world.stateOf(run) === 'Completed'),
      '60m',
    );
    expect([...runs, ...waiting].filter((run) => world.executor.startsOf(run) !== 1)).toEqual([]);
  });
});

describe('A run that starts again while its old task still stops', () => {
  it.each([
    ['a retry by hand after a failure', { ending: { kind: 'fails' as const } }, 'Failed'],
    ['a resumption after a suspension', { ending: { kind: 'suspends' as const } }, 'Suspended'],
  ])('is not crashed by the old task’s late end, after %s', async (_what, story, end) => {
    let launches = 0;
    await using world = await World.start({
      aws: fargate,
      story: () => ((launches += 1) === 1 ? story : { runsForMs: 60_000 }),
    });
    await world.startWorker({ environment: { PREFECT_WORKER_QUERY_SECONDS: '2' } });
    const [run = ''] = world.schedule();
    await world.until(`it is ${end}`, () => world.stateOf(run) === end);

    world.prefect.setState(run, 'SCHEDULED', { name: 'AwaitingRetry', force: true });
    await world.until('it is over', () => world.stateOf(run) === 'Completed', '5m');
    await world.elapse('5m');

    expect(world.stateOf(run)).toBe('Completed');
    expect(world.executor.startsOf(run)).toBe(2);
    expect(world.statesOf(run)).not.toContain('Crashed');
  });

  it('is launched again, not crashed, when its process reschedules on SIGTERM', async () => {
    let launches = 0;
    await using world = await World.start({
      aws: fargate,
      story: () =>
        (launches += 1) === 1
          ? { runsForMs: 600_000, onSigterm: 'reschedules' }
          : { runsForMs: 20_000 },
    });
    await world.startWorker({ environment: { PREFECT_WORKER_QUERY_SECONDS: '2' } });
    const [run = ''] = world.schedule();
    await world.until('it runs', () => world.stateOf(run) === 'Running');

    world.aws.stopTaskAs(world.tasksOf(run)[0]?.taskArn ?? '', {
      code: 'UserInitiated',
      reason: 'by hand',
    });
    await world.until('it is over', () => world.stateOf(run) === 'Completed', '10m');
    await world.elapse('2m');

    expect(world.statesOf(run)).not.toContain('Crashed');
    expect(world.executor.startsOf(run)).toBe(2);
  });

  it('is not launched again when its own process retries it', async () => {
    await using world = await World.start({
      aws: fargate,
      story: () => ({ retries: 1, retryDelaySeconds: 60, ending: { kind: 'fails', attempts: 1 } }),
    });
    await world.startWorker();
    const [run = ''] = world.schedule();

    await world.until('it is over', () => world.stateOf(run) === 'Completed', '10m');

    expect(world.executor.startsOf(run)).toBe(1);
    expect(world.engine.executionsOf(run)).toHaveLength(2);
  });
});

describe('A relaunched run', () => {
  it.each([
    ['crash the run', {}],
    ['relaunch it', { PREFECT_ECS_RELAUNCH_FAILED_STARTS: 'true' }],
  ])(
    'is not touched by a paused worker that would %s over the older task’s end',
    async (_what, environment) => {
      await using world = await World.start({
        aws: fargate,
        story: () => ({ runsForMs: 600_000 }),
      });
      world.aws.faults.add({
        task: { kind: 'start-failure', failure: 'network-interface' },
        times: 1,
      });
      const first = await world.startWorker({ name: 'first', environment });
      const [run = ''] = world.schedule();
      await world.until('it has a task', () => world.tasksOf(run).length === 1);
      first.outside.freeze();
      await world.startWorker({
        name: 'second',
        environment: { PREFECT_ECS_RELAUNCH_FAILED_STARTS: 'true' },
      });
      await world.until('it runs', () => world.stateOf(run) === 'Running', '10m');

      first.outside.thaw();
      await world.until('it is over', () => world.stateOf(run) === 'Completed', '20m');
      await world.elapse('12m');

      expect(world.statesOf(run)).not.toContain('Crashed');
      expect(world.stateOf(run)).toBe('Completed');
      expect(world.executor.startsOf(run)).toBe(1);
      expect(world.tasksOf(run).length).toBeLessThanOrEqual(2);
    },
  );
});

describe('Late progress of another writer', () => {
  it('over a final state is undone: the worker restores that state', async () => {
    await using world = await World.start();
    const worker = await world.startWorker();
    const [run = ''] = world.schedule();
    await world.until('it is over', () => world.stateOf(run) === 'Completed');
    worker.kill();
    world.prefect.setState(run, 'PENDING', { name: 'InfrastructurePending' });
    expect(world.stateOf(run)).toBe('InfrastructurePending');

    await world.startWorker();
    await world.elapse('1m');

    expect(world.stateOf(run)).toBe('Completed');
    expect(world.executor.startsOf(run)).toBe(1);
  });

  it('over a final state is undone once ECS reports the task as STOPPED', async () => {
    await using world = await World.start({ aws: fargate, story: () => ({ runsForMs: 5_000 }) });
    await world.startWorker();
    const [run = ''] = world.schedule();
    await world.until('it completed', () => world.stateOf(run) === 'Completed');
    world.prefect.setState(run, 'PENDING', {
      name: 'InfrastructurePending',
      message: 'ECS task is pending.',
    });
    expect(world.stateOf(run)).toBe('InfrastructurePending');
    await world.elapse('30m');

    expect(world.stateOf(run)).toBe('Completed');
  });

  it('over a scheduled state does not prevent one claim and one launch', async () => {
    let launches = 0;
    await using world = await World.start({
      story: () => ((launches += 1) === 1 ? { ending: { kind: 'fails' } } : {}),
    });
    const worker = await world.startWorker();
    const [run = ''] = world.schedule();
    await world.until('it failed', () => world.stateOf(run) === 'Failed');
    worker.kill();
    world.prefect.setState(run, 'SCHEDULED', { name: 'AwaitingRetry', force: true });
    world.prefect.setState(run, 'PENDING', { name: 'Submitting' });

    await world.startWorker({ name: 'one' });
    await world.startWorker({ name: 'two' });
    await world.until('it is over', () => world.stateOf(run) === 'Completed', '20m');

    expect(world.executor.startsOf(run)).toBe(2);
  });
});

describe('A limit or timeout', () => {
  it('of a deployment with one slot holds while a run takes 400 s to start', async () => {
    await using world = await World.start({ aws: { delays: { provisioning: 400_000 } } });
    const deployment = world.prefect.createDeployment({
      pool: 'pool',
      name: 'one',
      concurrencyLimit: 1,
    });
    world.configurePool({ task_start_timeout_seconds: 900 });
    await world.startWorker();
    const [first = '', second = ''] = world.schedule(2, deployment);

    await world.until(
      'both are over',
      () => [first, second].every((run) => world.stateOf(run) === 'Completed'),
      '30m',
    );

    expect(
      world.prefect.callCounts()['POST /v2/concurrency_limits/leases/{id}/renew'],
    ).toBeGreaterThan(3);
    expect([first, second].map((run) => world.executor.startsOf(run))).toEqual([1, 1]);
  });

  it('for the start crashes the run only after its task stopped', async () => {
    await using world = await World.start({ aws: { delays: { provisioning: 3_600_000 } } });
    world.aws.faults.add({
      operation: 'ecs:StopTask',
      fault: { kind: 'error', status: 500 },
      times: 12,
    });
    world.configurePool({ task_start_timeout_seconds: 60 });
    await world.startWorker();
    const [run = ''] = world.schedule();
    await world.elapse('80s');
    expect(world.stateOf(run)).not.toBe('Crashed');

    await world.until('it is crashed', () => world.stateOf(run) === 'Crashed', '10m');

    expect(world.aws.runningTasks()).toEqual([]);
    expect(world.prefect.stateOf(run).message).toMatch(
      /Timed out after \d+s while watching task for status RUNNING/,
    );
  });

  it('of a worker bounds its living tasks, and every slot is freed', async () => {
    await using world = await World.start({ aws: fargate, story: () => ({ runsForMs: 30_000 }) });
    await world.startWorker({ limit: 3 });
    const runs = world.schedule(12);
    let most = 0;
    await world.until(
      'all are over',
      () => {
        most = Math.max(most, world.aws.runningTasks().length);
        return runs.every((run) => world.stateOf(run) === 'Completed');
      },
      '30m',
    );

    expect(most).toBe(3);
    expect(runs.filter((run) => world.executor.startsOf(run) !== 1)).toEqual([]);
  });
});
