import { describe, expect, it } from 'vitest';
import { World, type WorldOptions } from './world.ts';

const slowly: WorldOptions['aws'] = {
  delays: { provisioning: 20_000, pending: 20_000, deprovisioning: 20_000 },
};

const isStopping = (world: World, run: string): boolean =>
  world.tasksOf(run).every((task) => task.desiredStatus === 'STOPPED');

describe('a run that is cancelled', () => {
  it('while its task starts is stopped at once, and never runs user code', async () => {
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
    expect(world.stateOf(run)).toBe('Cancelling'); // until its task has stopped
    await world.until('it is cancelled', () => world.stateOf(run) === 'Cancelled', '40s');
    await world.elapse('3m');

    expect(world.prefect.stateOf(run).message).toBe('Flow run cancelled by worker while pending.');
    expect(world.engine.executionsOf(run)).toEqual([]);
    expect(world.aws.runningTasks()).toEqual([]);
    expect(world.statesOf(run).filter((name) => name === 'Crashed')).toEqual([]);
  });

  it('and cancels itself in time is left alone', async () => {
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

  it('and whose task ignores every signal is gone, and Cancelled, within the grace and a minute', async () => {
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

  it('on a server that has no events to tell is found by asking', async () => {
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

  it('while no worker lived has its task stopped by the next one', async () => {
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

  it('at any moment of its life, with the worker killed or not, ends once, by its own end or Cancelled', async () => {
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
  /** Its task stays in PROVISIONING, and may. */
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
    'is seen through although Prefect %s answers 500 when its run is looked at',
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

  it('by force, which never was Cancelling, stops its task though the event socket works', async () => {
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

  it('is heard although the event socket is connected and silent', async () => {
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

  it('does not believe that a task of seconds is not there', async () => {
    const { world, run } = await starting({ aws: { consistency: { unstoppableMs: 120_000 } } });
    await using _world = world;

    world.prefect.cancel(run);
    await world.elapse('60s');
    expect(world.stateOf(run)).toBe('Cancelling');
    await world.until('it is cancelled', () => world.stateOf(run) === 'Cancelled', '5m');

    expect(world.aws.runningTasks()).toEqual([]);
  });

  it('is heard of a pool that was deleted and recreated', async () => {
    await using world = await World.start({
      story: () => ({ runsForMs: 3_600_000, watchesCancellation: false }),
    });
    await world.startWorker();
    await world.elapse('10s'); // it has subscribed to what befalls the first one
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

  it('that stays for too long has its task stopped by a cleanup delivery', async () => {
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
