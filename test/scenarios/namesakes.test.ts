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
