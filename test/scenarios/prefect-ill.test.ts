import { expect, it } from 'vitest';
import { World } from './world.ts';

it.each([
  ['an ingress without a backend', { kind: 'html', status: 404 } as const],
  ['a missing route', { kind: 'error', status: 404 } as const],
  [
    'Prefect itself, answered once',
    { kind: 'error', status: 404, message: 'Deployment not found' } as const,
  ],
])('A 404 from %s to a read of the deployment cancels no run', async (_whose, fault) => {
  await using world = await World.start();
  await world.startWorker();
  await world.elapse('20s');
  const runs = world.schedule(10);
  world.prefect.faults.add({ operation: 'GET /deployments/{id}', fault, times: 1 });
  await world.elapse('15m');

  expect(runs.filter((run) => world.stateOf(run) !== 'Completed')).toEqual([]);
});
