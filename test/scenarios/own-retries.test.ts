import { describe, expect, it } from 'vitest';
import { World } from './world.ts';

const retriesLater = {
  runsForMs: 30_000,
  retries: 3,
  retryDelaySeconds: 600,
  ending: { kind: 'fails' },
} as const;

describe('A task that dies while its process waits for its own retry', () => {
  it.each([false, true])(
    'has its run Crashed within two minutes (worker restarted: %s)',
    async (isRestarted) => {
      await using world = await World.start({ story: () => retriesLater });
      const worker = await world.startWorker();
      const [run = ''] = world.schedule();
      await world.until('it awaits its retry', () => world.stateOf(run) === 'AwaitingRetry');
      await world.elapse('30s');
      if (isRestarted) {
        worker.kill();
        await world.startWorker();
        await world.elapse('30s');
      }
      for (const task of world.tasksOf(run)) world.aws.interruptTask(task.taskArn);

      await world.until('it is crashed', () => world.stateOf(run) === 'Crashed', '2m');

      expect(world.prefect.stateOf(run).message).toContain(
        'Its process ended while waiting for its next retry.',
      );
      expect(world.executor.startsOf(run)).toBe(1);
      expect(world.aws.runningTasks()).toEqual([]);
    },
  );

  it('has its run Crashed by the next worker if none lived at the time', async () => {
    await using world = await World.start({ story: () => retriesLater });
    const worker = await world.startWorker();
    const [run = ''] = world.schedule();
    await world.until('it awaits its retry', () => world.stateOf(run) === 'AwaitingRetry');
    worker.kill();
    for (const task of world.tasksOf(run)) world.aws.interruptTask(task.taskArn);
    await world.elapse('3m');
    await world.startWorker();

    await world.until('it is crashed', () => world.stateOf(run) === 'Crashed', '10m');

    expect(world.executor.startsOf(run)).toBe(1);
  });
});

describe('A paused run', () => {
  it('is Crashed when its task dies, since no process could resume it', async () => {
    await using world = await World.start({ story: () => ({ runsForMs: 3_600_000 }) });
    await world.startWorker();
    const [run = ''] = world.schedule();
    await world.until('it runs', () => world.stateOf(run) === 'Running');
    world.prefect.setState(run, 'PAUSED', { name: 'Paused' });
    for (const task of world.tasksOf(run)) world.aws.loseHostOf(task.taskArn);

    await world.until('it is crashed', () => world.stateOf(run) === 'Crashed', '10m');

    expect(world.executor.startsOf(run)).toBe(1);
  });

  it('stays Suspended when its process left to be scheduled again', async () => {
    await using world = await World.start({ story: () => ({ ending: { kind: 'suspends' } }) });
    await world.startWorker();
    const [run = ''] = world.schedule();
    await world.until('it is suspended', () => world.stateOf(run) === 'Suspended');
    await world.elapse('15m');

    expect(world.stateOf(run)).toBe('Suspended');
  });
});
