import { describe, expect, it } from 'vitest';
import { World, type WorldOptions } from './world.ts';

/** Keeps tasks in PROVISIONING for 20 s, so that a restart meets them while they start. */
const slowToStart: WorldOptions['aws'] = { delays: { provisioning: 20_000 } };

const slowHistories = (ms: number) =>
  ({ operation: 'GET /flow_run_states/', fault: { kind: 'slow', ms } }) as const;

/**
 * Kills the worker while the tasks of 200 runs start, then starts a successor whose history reads
 * take `ms`.
 */
async function restartInTheMiddle(world: World, ms: number): Promise<readonly string[]> {
  const worker = await world.startWorker();
  await world.elapse('2s');
  const runs = world.schedule(200);
  const isLaunched = (): boolean => runs.every((run) => world.tasksOf(run).length === 1);
  await world.until('all are launched', isLaunched, '2m', '100ms');
  worker.kill();
  await world.elapse('1s');
  world.prefect.faults.add(slowHistories(ms));
  await world.startWorker();
  await world.elapse('20m');
  return runs;
}

describe('A worker restarted while 200 runs start', () => {
  it.each([50, 300])(
    'relaunches no run whose process waits for its own retry (history reads: %i ms)',
    async (ms) => {
      await using world = await World.start({
        aws: slowToStart,
        story: () => ({
          bootMs: 2_000,
          runsForMs: 3_000,
          retries: 2,
          retryDelaySeconds: 120,
          ending: { kind: 'fails', attempts: 1 },
        }),
      });
      world.configurePool({ task_start_timeout_seconds: 0 });

      const runs = await restartInTheMiddle(world, ms);

      expect(runs.filter((run) => world.executor.startsOf(run) > 1)).toEqual([]);
      expect(runs.filter((run) => world.engine.executionsOf(run).length > 2)).toEqual([]);
      expect(runs.filter((run) => world.stateOf(run) !== 'Completed')).toEqual([]);
    },
  );

  it('overwrites no run that completes meanwhile', async () => {
    await using world = await World.start({
      aws: slowToStart,
      story: () => ({ bootMs: 2_000, runsForMs: 3_000 }),
    });

    const runs = await restartInTheMiddle(world, 300);

    const completions = (run: string): number =>
      world.statesOf(run).filter((name) => name === 'Completed').length;
    expect(runs.filter((run) => completions(run) !== 1)).toEqual([]);
  });

  it('follows all 200 within 30 s of its first listing, with calls of 300 ms', async () => {
    await using world = await World.start({ story: () => ({ runsForMs: 3_600_000 }) });
    const worker = await world.startWorker();
    await world.elapse('2s');
    const runs = world.schedule(200);
    await world.until('all run', () => runs.every((run) => world.stateOf(run) === 'Running'));
    worker.kill();
    world.prefect.faults.add({ operation: 'GET *', fault: { kind: 'slow', ms: 300 } });
    world.prefect.faults.add({
      operation: 'POST /flow_runs/filter',
      fault: { kind: 'slow', ms: 300 },
    });
    world.prefect.faults.add({ operation: 'PATCH *', fault: { kind: 'slow', ms: 300 } });
    const callsBefore = { prefect: world.prefect.calls.length, aws: { ...world.aws.callCounts() } };
    await world.elapse('5s');
    // With the same name it adopts its predecessor's runs without waiting for a verdict.
    await world.startWorker();
    const followed = (): number =>
      world.log.filter((line) => line.includes('follows ECS task')).length;

    await world.until('all are followed', () => followed() === 200, '1m', '1s');

    const later = world.prefect.calls.slice(callsBefore.prefect);
    const firstListing = later.find(({ operation }) => operation === 'POST /flow_runs/filter');
    const seconds = (world.clock.now().getTime() - (firstListing?.atMs ?? 0)) / 1000;
    expect(seconds).toBeLessThanOrEqual(30);
    const describes =
      (world.aws.callCounts()['ecs:DescribeTasks'] ?? 0) -
      (callsBefore.aws['ecs:DescribeTasks'] ?? 0);
    // one batch each time runs are adopted, and the first sweep rounds
    expect(describes).toBeLessThanOrEqual(24);
    // each run costs a history and a label; listings hold 200 runs
    expect(later.length).toBeLessThan(200 * 3);
  });
});

describe('An adopted run', () => {
  it('keeps its result reference when the worker restores its Completed', async () => {
    await using world = await World.start({ story: () => ({ runsForMs: 3_600_000 }) });
    const worker = await world.startWorker();
    const [run = ''] = world.schedule();
    await world.until('it runs', () => world.stateOf(run) === 'Running');
    worker.kill();
    const serializer = { type: 'pickle' };
    const data = {
      type: 'x',
      storage_key: 'result-1',
      storage_block_id: null,
      expiration: null,
      serializer,
    };
    world.prefect.setState(run, 'COMPLETED', { data, force: true });
    const before = world.prefect.stateOf(run).data;
    const lateProgress = {
      name: 'InfrastructurePending',
      message: 'ECS task is pending.',
      force: true,
    };
    world.prefect.setState(run, 'PENDING', lateProgress);

    await world.startWorker({ name: 'next' });
    await world.until('it is written back', () => world.stateOf(run) === 'Completed', '20m');

    expect(before).toEqual(data);
    expect(world.prefect.stateOf(run).data).toEqual(before);
  });

  it.each([false, true])(
    'has a start timeout counted from its task, not from its claim (worker restarted: %s)',
    async (isRestarted) => {
      await using world = await World.start({ aws: { delays: { provisioning: 60_000 } } });
      world.aws.capacity.fargate(false);
      const worker = await world.startWorker();
      const [run = ''] = world.schedule();
      await world.elapse('10m');
      world.aws.capacity.fargate(true);
      await world.until('its task is there', () => world.tasksOf(run).length === 1, '5m');
      await world.elapse('10s');
      if (isRestarted) {
        worker.kill();
        await world.elapse('2s');
        await world.startWorker();
      }
      await world.elapse('20m');

      expect(world.stateOf(run)).toBe('Completed');
      expect(world.executor.startsOf(run)).toBe(1);
    },
  );

  it.each([0, 600_000, -600_000])(
    'is judged by the clocks of Prefect and AWS (the adopter’s own is %i ms behind)',
    async (skewMs) => {
      await using world = await World.start({ aws: { delays: { provisioning: 60_000 } } });
      const worker = await world.startWorker({ name: 'first' });
      const [run = ''] = world.schedule();
      await world.until('its task is there', () => world.tasksOf(run).length === 1, '5m');
      worker.kill();
      await world.startWorker({ name: 'first', skewMs });

      await world.until('it is over', () => world.stateOf(run) === 'Completed', '20m');

      expect(world.statesOf(run)).not.toContain('Crashed');
    },
  );

  it.each([false, true])(
    'keeps its deployment slot while its task takes 15 minutes to start (restarted: %s)',
    async (isRestarted) => {
      await using world = await World.start({
        aws: { delays: { provisioning: 900_000 } },
        story: () => ({ runsForMs: 60_000 }),
      });
      world.configurePool({ task_start_timeout_seconds: 0 });
      const limited = world.prefect.createDeployment({
        pool: 'pool',
        name: 'limited',
        concurrencyLimit: 1,
      });
      const worker = await world.startWorker();
      const [run = ''] = world.schedule(1, limited);
      await world.until('its task is there', () => world.tasksOf(run).length === 1);
      const [other = ''] = world.schedule(1, limited);
      await world.elapse('30s');
      if (isRestarted) {
        worker.kill();
        await world.elapse('5s');
        await world.startWorker();
      }
      await world.elapse('60m');

      expect([run, other].map((one) => world.stateOf(one))).toEqual(['Completed', 'Completed']);
    },
  );

  it.each(['prefect.io/degregister-task-definition', 'prefect.io/deregister-task-definition'])(
    'has its task definition deregistered when its task is tagged %s',
    async (tag) => {
      await using world = await World.start({ story: () => ({ bootMs: 0, runsForMs: 1_800_000 }) });
      const isPythons = tag.includes('degreg');
      world.configurePool(
        isPythons ? { auto_deregister_task_definition: true } : {},
        isPythons ? {} : { tags: [{ key: tag, value: 'true' }] },
      );
      const first = await world.startWorker({ name: 'first' });
      const [run = ''] = world.schedule();
      await world.until('it runs', () => world.stateOf(run) === 'Running', '10m');
      first.kill();
      await world.startWorker({ name: 'first' });
      await world.until('it is over', () => world.stateOf(run) === 'Completed', '60m');
      await world.elapse('12m');

      expect(world.aws.callCounts()['ecs:DeregisterTaskDefinition']).toBe(1);
    },
  );
});

describe('A worker with --run-once', () => {
  it('keeps a run’s deployment slot while its task takes 10 minutes to start', async () => {
    await using world = await World.start({
      aws: { delays: { provisioning: 600_000 } },
      story: () => ({ runsForMs: 60_000 }),
    });
    world.configurePool({ task_start_timeout_seconds: 0 });
    const limited = world.prefect.createDeployment({
      pool: 'pool',
      name: 'limited',
      concurrencyLimit: 1,
    });
    const [run = ''] = world.schedule(1, limited);
    await world.elapse('1s');
    await world.startWorker({ name: 'once', runOnce: true });
    await world.elapse('30s');
    world.schedule(1, limited);
    await world.startWorker({ name: 'other' });
    await world.elapse('40m');

    expect(world.stateOf(run)).toBe('Completed');
  });
});

describe('The task of a run that was retried after its cancellation', () => {
  it('is not stopped by a round that still read its run as Cancelled', async () => {
    let isAgain = false;
    await using world = await World.start({
      story: () => ({ bootMs: 1_000, runsForMs: isAgain ? 300_000 : 3_600_000 }),
    });
    await world.startWorker({ name: 'first' });
    const runs = world.schedule(60);
    await world.until('all run', () => runs.every((run) => world.stateOf(run) === 'Running'));
    for (const run of runs) world.prefect.cancel(run);
    await world.until('all are cancelled', () =>
      runs.every((run) => world.stateOf(run) === 'Cancelled'),
    );
    await world.elapse('2m');
    isAgain = true;
    const slow = world.prefect.faults.add(slowHistories(1_000));
    await world.startWorker({ name: 'second', limit: 1 });
    await world.elapse('5s');
    const retried = runs.slice(0, 59);
    for (const run of retried) world.prefect.setState(run, 'SCHEDULED', { name: 'AwaitingRetry' });
    await world.elapse('100s');
    slow[Symbol.dispose]();
    await world.elapse('30m');

    expect(retried.filter((run) => world.stateOf(run) !== 'Completed')).toEqual([]);
  });
});
