import { describe, expect, it } from 'vitest';
import { World, type WorldOptions } from './world.ts';

const slowly: WorldOptions['aws'] = {
  delays: { provisioning: 20_000, pending: 20_000, deprovisioning: 20_000 },
};

const isStopping = (world: World, run: string): boolean =>
  world.tasksOf(run).every((task) => task.desiredStatus === 'STOPPED');

describe('A cancelled run', () => {
  it('whose task is starting is stopped at once and never runs user code', async () => {
    await using world = await World.start({ aws: slowly });
    await world.startWorker();
    await world.elapse('2s');
    const [run = ''] = world.schedule();
    await world.until(
      'its task starts',
      () => world.tasksOf(run)[0]?.lastStatus === 'PROVISIONING',
    );

    world.prefect.cancel(run);
    await world.until('its task is asked to stop', () => isStopping(world, run), '2s');
    expect(world.stateOf(run)).toBe('Cancelling'); // it stays so until its task has stopped
    await world.until('it is cancelled', () => world.stateOf(run) === 'Cancelled', '40s');
    await world.elapse('3m');

    expect(world.prefect.stateOf(run).message).toBe('Flow run cancelled by worker while pending.');
    expect(world.engine.executionsOf(run)).toEqual([]);
    expect(world.aws.runningTasks()).toEqual([]);
    expect(world.statesOf(run).filter((name) => name === 'Crashed')).toEqual([]);
  });

  it('that ends by itself within the grace is not stopped by the worker', async () => {
    await using world = await World.start({ aws: slowly, story: () => ({ runsForMs: 600_000 }) });
    await world.startWorker();
    const [run = ''] = world.schedule();
    await world.until('it runs', () => world.stateOf(run) === 'Running');

    world.prefect.cancel(run);
    await world.elapse('3m');

    expect(world.prefect.stateOf(run)).toMatchObject({
      type: 'CANCELLED',
      message: 'Flow run was cancelled successfully.',
    });
    expect(world.aws.callCounts()['ecs:StopTask']).toBeUndefined();
  });

  it('whose task ignores every signal is Cancelled within the grace and a minute', async () => {
    await using world = await World.start({
      story: () => ({ runsForMs: 3_600_000, onSigterm: 'ignores', watchesCancellation: false }),
    });
    await world.startWorker();
    const [run = ''] = world.schedule();
    await world.until('it runs', () => world.stateOf(run) === 'Running');

    world.prefect.cancel(run);
    await world.elapse('2m');

    expect(world.stateOf(run)).toBe('Cancelled');
    expect(world.aws.runningTasks()).toEqual([]);
    expect(world.tasksOf(run)).toMatchObject([{ lastStatus: 'STOPPED' }]);
    expect(world.statesOf(run).filter((name) => name === 'Crashed')).toEqual([]);
  });

  it('is found by polling on a server without events', async () => {
    await using world = await World.start({
      prefect: { version: '3.3.0' },
      story: () => ({ runsForMs: 3_600_000, onSigterm: 'ignores', watchesCancellation: false }),
    });
    world.prefect.faults.add({ operation: 'WS *', fault: { kind: 'error', status: 403 } });
    await world.startWorker();
    const [run = ''] = world.schedule();
    await world.until('it runs', () => world.stateOf(run) === 'Running');

    world.prefect.cancel(run);
    await world.elapse('5m');

    expect(world.stateOf(run)).toBe('Cancelled');
    expect(world.aws.runningTasks()).toEqual([]);
  });

  it('has its task stopped by the next worker if none lived at the time', async () => {
    await using world = await World.start({
      story: () => ({ runsForMs: 36_000_000, onSigterm: 'ignores', watchesCancellation: false }),
    });
    const worker = await world.startWorker();
    const [run = ''] = world.schedule();
    await world.until('it runs', () => world.stateOf(run) === 'Running');
    worker.kill();
    world.prefect.setState(run, 'CANCELLED', { force: true });
    await world.elapse('30m');
    expect(world.aws.runningTasks()).toHaveLength(1);

    await world.startWorker({ name: 'next' });
    await world.elapse('3m');

    expect(world.aws.runningTasks()).toEqual([]);
    expect(world.stateOf(run)).toBe('Cancelled');
  });

  it('ends exactly once, Completed or Cancelled, at whatever moment it is cancelled', async () => {
    const moments = ['0s', '200ms', '1s', '5s', '21s', '42s', '50s', '61s', '75s', '90s'];
    for (const isKilled of [false, true]) {
      for (const moment of moments) {
        const where = `cancelled after ${moment}${isKilled ? ', worker killed' : ''}`;
        await using world = await World.start({
          aws: slowly,
          story: () => ({ runsForMs: 20_000 }),
        });
        const worker = await world.startWorker();
        await world.elapse('2s');
        const [run = ''] = world.schedule();
        await world.elapse('8s');
        await world.elapse(moment);
        world.prefect.cancel(run);
        if (isKilled) {
          worker.kill();
          await world.elapse('1s');
          await world.startWorker();
        }
        await world.elapse('20m');

        const ends = world
          .statesOf(run)
          .filter((name) => ['Completed', 'Cancelled', 'Crashed'].includes(name));
        expect(ends, where).toHaveLength(1);
        expect(['Completed', 'Cancelled'], where).toContain(ends[0]);
        expect(world.executor.startsOf(run), where).toBeLessThanOrEqual(1);
        expect(world.aws.runningTasks(), where).toEqual([]);
      }
    }
  });
});

describe('A cancellation', () => {
  /** Starts a run whose task stays in PROVISIONING, with no start timeout. */
  async function starting(
    options: WorldOptions,
  ): Promise<{ readonly world: World; readonly run: string }> {
    const world = await World.start({
      ...options,
      aws: { delays: { provisioning: 10_000_000 }, ...options.aws },
    });
    world.configurePool({ task_start_timeout_seconds: 0 });
    await world.startWorker();
    await world.elapse('2s');
    const [run = ''] = world.schedule();
    await world.until(
      'its task starts',
      () => world.tasksOf(run)[0]?.lastStatus === 'PROVISIONING',
    );
    await world.elapse('5s');
    return { world, run };
  }

  it.each(['3.8.8', '3.6.22', '3.4.0'])(
    'completes although Prefect %s answers 500 when its run is read',
    async (version) => {
      const { world, run } = await starting({ prefect: { version } });
      await using _world = world;
      world.prefect.cancel(run);
      world.prefect.faults.add({
        operation: 'POST /flow_runs/filter',
        fault: { kind: 'error', status: 500 },
        times: version === '3.4.0' ? 2 : 1,
      });

      await world.until(
        'its task is stopped',
        () => world.aws.runningTasks().length === 0,
        '2m',
        '5s',
      );
      expect(world.engine.executionsOf(run)).toEqual([]);
    },
  );

  it('by force, without Cancelling, stops its task although the event socket works', async () => {
    await using world = await World.start({
      story: () => ({ runsForMs: 3_600_000, watchesCancellation: false }),
    });
    await world.startWorker();
    const [run = ''] = world.schedule();
    await world.until('it runs', () => world.stateOf(run) === 'Running');

    world.prefect.setState(run, 'CANCELLED', { force: true });
    await world.until('its task is stopped', () => world.aws.runningTasks().length === 0, '3m');

    expect(world.stateOf(run)).toBe('Cancelled');
  });

  it('is noticed although the event socket is connected and silent', async () => {
    await using world = await World.start({
      story: () => ({ runsForMs: 3_600_000, watchesCancellation: false }),
    });
    await world.startWorker();
    const [run = ''] = world.schedule();
    await world.until('it runs', () => world.stateOf(run) === 'Running');
    world.prefect.faults.add({ operation: 'WS /events/out', fault: { kind: 'hang' } });

    world.prefect.cancel(run);
    await world.until('it is cancelled', () => world.stateOf(run) === 'Cancelled', '10m');

    expect(world.aws.runningTasks()).toEqual([]);
  });

  it('does not trust "not found" for a task that is seconds old', async () => {
    const { world, run } = await starting({ aws: { consistency: { unstoppableMs: 120_000 } } });
    await using _world = world;

    world.prefect.cancel(run);
    await world.elapse('60s');
    expect(world.stateOf(run)).toBe('Cancelling');
    await world.until('it is cancelled', () => world.stateOf(run) === 'Cancelled', '5m');

    expect(world.aws.runningTasks()).toEqual([]);
  });

  it('is noticed in a pool that was deleted and created again', async () => {
    await using world = await World.start({
      story: () => ({ runsForMs: 3_600_000, watchesCancellation: false }),
    });
    await world.startWorker();
    await world.elapse('10s'); // until it has subscribed to the events of the first pool
    world.prefect.deletePool('pool');
    world.prefect.createPool('pool', { baseJobTemplate: world.template });
    const deployment = world.prefect.createDeployment({ pool: 'pool', name: 'again' });
    await world.elapse('2m');
    expect(world.log.filter((line) => line.includes('was deleted and recreated'))).toHaveLength(1);
    const [run = ''] = world.schedule(1, deployment);
    await world.until('it runs', () => world.stateOf(run) === 'Running');

    world.prefect.cancel(run);
    await world.until('it is cancelled', () => world.stateOf(run) === 'Cancelled', '3m');

    expect(world.aws.runningTasks()).toEqual([]);
  });

  it('that takes too long has its task stopped by a cleanup delivery', async () => {
    await using world = await World.start({
      story: () => ({
        bootMs: 0,
        runsForMs: 7_200_000,
        onSigterm: 'dies',
        watchesCancellation: false,
      }),
    });
    await world.startWorker({ environment: { PREFECT_ECS_CANCEL_GRACE_SECONDS: '7200' } });
    const [run = ''] = world.schedule();
    await world.until('it runs', () => world.stateOf(run) === 'Running', '10m');
    world.prefect.cancel(run);
    await world.elapse('8m');

    expect(world.aws.runningTasks()).toHaveLength(0);
  });
});
