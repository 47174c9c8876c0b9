import { expect, it } from 'vitest';
import { World } from './world.ts';

it.each([
  ['an ingress that has no backend', { kind: 'html', status: 404 } as const],
  ['a route that is not there', { kind: 'error', status: 404 } as const],
  [
    'Prefect itself, once',
    { kind: 'error', status: 404, message: 'Deployment not found' } as const,
  ],
])('A 404 of %s cancels no run whose deployment is read', async (_whose, fault) => {
  await using world = await World.start();
  await world.startWorker();
  await world.elapse('20s');
  const runs = world.schedule(10);
  world.prefect.faults.add({ operation: 'GET /deployments/{id}', fault, times: 1 });
  await world.elapse('15m');

  expect(runs.filter((run) => world.stateOf(run) !== 'Completed')).toEqual([]);
});
