import { expect, it } from 'vitest';
import { World } from './world.ts';

it('A worker adopts a run that a dead namesake claimed beside it', async () => {
  await using world = await World.start({ leaves: { all: 'its one run is left' } });
  const dies = await world.startWorker({ name: 'a' });
  await world.elapse('1s');
  await world.startWorker({ name: 'a', limit: 0 });
  await world.elapse('1s');
  const [run = ''] = world.schedule();
  await world.until('it was submitted', () => world.stateOf(run) === 'Submitting', '2m', '100ms');

  dies.kill();
  world.aws.vanishTask(world.tasksOf(run)[0]?.taskArn ?? '');

  await world.until('the run is Crashed', () => world.stateOf(run) === 'Crashed', '40m', '10s');
  expect(world.tasksOf(run)).toHaveLength(0);
});

it('Two living workers with one name warn every hour and keep their own runs', async () => {
  await using world = await World.start({ story: () => ({ runsForMs: 3 * 3_600_000 }) });
  await world.startWorker({ name: 'a' });
  await world.elapse('1m');
  await world.startWorker({ name: 'a' });
  const runs = world.schedule(6);
  await world.until('they run', () => runs.every((run) => world.stateOf(run) === 'Running'), '10m');
  await world.elapse('130m');

  const said = world.log.filter((line) =>
    line.includes("also runs as worker 'a' of this work pool"),
  );
  expect(said.length).toBeGreaterThanOrEqual(4);
  expect(said.length).toBeLessThanOrEqual(6);
  expect(world.log.filter((line) => line.includes('follows ECS task'))).toEqual([]);
});

it('Three workers with one name adopt each other’s runs ever more rarely', async () => {
  await using world = await World.start({ story: () => ({ runsForMs: 4 * 3_600_000 }) });
  for (let nth = 0; nth < 3; nth += 1) {
    await world.startWorker({ name: 'a', limit: 2 });
    await world.elapse('1m');
  }
  const runs = world.schedule(6);
  await world.until('they run', () => runs.every((run) => world.stateOf(run) === 'Running'), '30m');
  await world.elapse('3h');

  const taken = world.log.filter((line) => line.includes('follows ECS task'));
  expect(taken.length).toBeLessThanOrEqual(6 * 8);
  await world.until(
    'all are over',
    () => runs.every((run) => world.stateOf(run) === 'Completed'),
    '4h',
  );
  expect(runs.flatMap((run) => world.tasksOf(run))).toHaveLength(6);
});
