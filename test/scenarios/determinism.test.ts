import { expect, it } from 'vitest';
import { World } from './world.ts';

/** Every request to both servers and every answer of one story, played with this seed. */
async function logOf(seed: number): Promise<string> {
  await using world = await World.start({
    seed,
    aws: {
      keepCalls: 10_000,
      delays: { provisioning: 3_000, pending: 3_000, deprovisioning: 5_000 },
    },
    prefect: { recordBodies: true },
    story: () => ({ bootMs: 1_000, runsForMs: 20_000 }),
  });
  world.aws.loseAnswers('ecs:RunTask', 0.2);
  world.aws.faults.add({ operation: 'ecs:*', fault: { kind: 'throttle' }, probability: 0.1 });
  world.prefect.faults.add({
    operation: 'POST /flow_runs/{id}/set_state',
    fault: { kind: 'reset-after' },
    probability: 0.1,
  });
  world.prefect.faults.add({ operation: '*', fault: { kind: 'slow', ms: 700 }, probability: 0.1 });
  const first = await world.startWorker();
  const runs = world.schedule(20);
  await world.elapse('15s');
  first.kill();
  await world.elapse('10s');
  await world.startWorker();
  await world.until(
    'all runs are over',
    () =>
      runs.every((run) =>
        ['COMPLETED', 'CRASHED', 'FAILED'].includes(world.prefect.stateOf(run).type),
      ),
    '40m',
    '5s',
  );
  await world.elapse('1m');
  return [...world.aws.calls(), ...world.prefect.calls]
    .map((call) => JSON.stringify(call))
    .join('\n');
}

it('The same seed gives byte-identical calls and answers, with faults and a kill', async () => {
  const first = await logOf(7);
  const other = await logOf(8); // a run in between must not change the next one: no state is shared
  const second = await logOf(7);

  expect(first.split('\n').length).toBeGreaterThan(200);
  expect(second).toBe(first);
  expect(other).not.toBe(first);
});
