import { expect, it } from 'vitest';
import { World } from './world.ts';

it('a run that a process of our name claimed beside us, and left when it died, is taken over', async () => {
  await using world = await World.start({ leaves: { all: 'its one run is left' } });
  const dies = await world.startWorker({ name: 'a' });
  await world.elapse('1s');
  await world.startWorker({ name: 'a', limit: 0 });
  await world.elapse('1s');
  const [run = ''] = world.schedule();
  await world.until('it was submitted', () => world.stateOf(run) === 'Submitting', '2m', '100ms');

  dies.kill();
  world.aws.vanishTask(world.tasksOf(run)[0]?.taskArn ?? '');

  await world.until('its end is told', () => world.stateOf(run) === 'Crashed', '40m', '10s');
  expect(world.tasksOf(run)).toHaveLength(0);
});

it('two that live under one name say so, at once and every hour, and follow their own runs', async () => {
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

it('three under one name take runs from each other, ever more rarely, and lose nothing', async () => {
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
