import { expect, it } from 'vitest';
import { World } from './world.ts';

it('A slot is free when the task has stopped, before the end of its run is reported', async () => {
  await using world = await World.start({
    story: () => ({ ending: { kind: 'exits', exitCode: 1 } }),
  });
  await world.startWorker({ limit: 1 });
  const [first = '', second = ''] = world.schedule(2);
  await world.until('one runs', () => world.aws.runningTasks().length === 1);
  const [running, waiting] = world.tasksOf(first).length === 1 ? [first, second] : [second, first];
  await world.until('it runs', () => world.stateOf(running) === 'Running');
  const setState = 'POST /flow_runs/{id}/set_state';
  world.prefect.faults.add({ operation: setState, fault: { kind: 'slow', ms: 120_000 }, times: 1 });

  await world.until('the other was launched', () => world.tasksOf(waiting).length === 1, '90s');

  expect(world.stateOf(running)).toBe('Running');
  await world.until('both are over', () =>
    [first, second].every((run) => world.stateOf(run) === 'Crashed'),
  );
});

it('A drained worker signs off, so that a neighbour adopts its runs within seconds', async () => {
  await using world = await World.start({ story: () => ({ runsForMs: 600_000 }) });
  const drained = await world.startWorker({ name: 'drained' });
  const runs = world.schedule(2);
  await world.until('they run', () => runs.every((run) => world.stateOf(run) === 'Running'));
  await world.startWorker({ name: 'neighbour' });
  await world.elapse('2m');

  drained.drain();
  await world.elapse('45s');

  const signOffs = Object.entries(world.prefect.callCounts()).filter(([call]) =>
    /^DELETE .*workers/.test(call),
  );
  expect(signOffs.map(([, count]) => count)).toEqual([1]);
  const followers = world.prefect.runs().map(({ labels }) => labels['prefect.ecs.follower']);
  expect(followers).toEqual(runs.map(() => expect.stringContaining('neighbour')));
  await world.until(
    'they are over',
    () => runs.every((run) => world.stateOf(run) === 'Completed'),
    '20m',
  );
  expect(world.aws.runningTasks()).toEqual([]);
});

it('Slow renewals of a living fleet’s leases delay no adoption by a worker that starts', async () => {
  await using world = await World.start({
    story: () => ({ runsForMs: 3_600_000 }),
    leaves: { all: 'the runs of the fleet still wait' },
  });
  world.limitDeployment(100);
  const dying = await world.startWorker({ name: 'dying', limit: 1 });
  const [orphan = ''] = world.schedule();
  await world.until('it runs', () => world.stateOf(orphan) === 'Running');
  world.aws.capacity.fargate(false, { provider: 'FARGATE' });
  await world.startWorker({ name: 'fleet' });
  world.schedule(60);
  await world.elapse('3m'); // most states that announce a wait are old enough by then
  const renewal = 'POST /v2/concurrency_limits/leases/{id}/renew';
  world.prefect.faults.add({ operation: renewal, fault: { kind: 'slow', ms: 20_000 } });
  const before = world.prefect.callCounts()[renewal] ?? 0;

  dying.kill();
  await world.startWorker({ name: 'dying', limit: 1 });
  await world.elapse('20s');

  expect(world.log.filter((line) => line.includes('adopted this flow run'))).toHaveLength(1);
  expect(world.prefect.callCounts()[renewal] ?? 0).toBeGreaterThan(before);
});
