import { expect, it } from 'vitest';
import { World } from './world.ts';

/** A task whose process takes minutes to begin: cancelled by force, its worker dies, and retried. */
async function retriedBesideOldTask(world: World): Promise<string> {
  const dying = await world.startWorker({ name: 'dying' });
  const [run = ''] = world.schedule();
  await world.until('its task was launched', () => world.tasksOf(run).length === 1);
  await world.elapse('2s');
  world.prefect.setState(run, 'CANCELLED', { force: true });
  dying.kill();
  world.prefect.setState(run, 'SCHEDULED', { force: true, name: 'AwaitingRetry' });
  return run;
}

const slowStart = { story: () => ({ bootMs: 240_000, onSigterm: 'dies' as const }) };

it('The task of a claim that was cancelled before a retry is stopped before it runs user code', async () => {
  await using world = await World.start(slowStart);
  const run = await retriedBesideOldTask(world);
  await world.startWorker({ name: 'next' });

  await world.until('it is over', () => world.stateOf(run) === 'Completed', '20m');
  await world.elapse('5m');

  expect(world.engine.executionsOf(run)).toHaveLength(1);
  expect(world.aws.runningTasks()).toEqual([]);
});

it('It is stopped as soon as the worker may stop it, and the retry goes on meanwhile', async () => {
  await using world = await World.start(slowStart);
  const run = await retriedBesideOldTask(world);
  const code = 'AccessDeniedException';
  const message = 'User: x is not authorized to perform: ecs:StopTask';
  const denied = world.aws.faults.add({
    operation: 'ecs:StopTask',
    fault: { kind: 'error', status: 400, code, message },
  });
  await world.startWorker({ name: 'next' });
  await world.until('both tasks live', () => world.tasksOf(run).length === 2);
  await world.elapse('90s');
  expect(world.aws.runningTasks()).toHaveLength(2);
  denied[Symbol.dispose]();

  await world.until('it is over', () => world.stateOf(run) === 'Completed', '20m');
  await world.elapse('5m');

  expect(world.engine.executionsOf(run)).toHaveLength(1);
  expect(world.aws.runningTasks()).toEqual([]);
});
