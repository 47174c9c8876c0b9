import { describe, expect, it } from 'vitest';
import { World } from './world.ts';

const tasks = 1_000;

/** Counts calls to Prefect, without those that do not depend on the number of runs. */
function launchCalls(calls: readonly string[]): number {
  return calls.filter((call) => /^(GET|POST|PATCH)/.test(call) && !call.includes('/workers/'))
    .length;
}

/** Counts are exact where nothing is random; where jitter is drawn they are upper bounds. */
describe(`A worker that runs ${tasks} tasks of 10 minutes`, () => {
  const total = (counts: Readonly<Record<string, number>>): number =>
    Object.values(counts).reduce((sum, count) => sum + count, 0);

  it.each([
    ['a sweep round of 60 s', { task_watch_poll_interval: 60 }, 4],
    ['the default sweep round', {}, undefined],
  ])('makes no more calls than promised with %s', async (_what, defaults, most) => {
    await using world = await World.start({ story: () => ({ bootMs: 0, runsForMs: 600_000 }) });
    world.configurePool(defaults);
    const worker = await world.startWorker();
    const runs = world.schedule(tasks);

    await world.until(
      'all are over',
      () => runs.every((run) => world.stateOf(run) === 'Completed'),
      '40m',
      '10s',
    );
    await world.elapse('2m');

    const aws = world.aws.callCounts();
    const { calls } = worker.outside;
    const prefect = (pattern: RegExp): number => calls.filter((call) => pattern.test(call)).length;
    console.warn(
      JSON.stringify({ aws, perTask: total(aws) / tasks, prefect: launchCalls(calls) / tasks }),
    );
    expect(aws).toMatchObject({
      'ecs:RunTask': tasks,
      'ecs:RegisterTaskDefinition': 1,
      'ecs:DescribeTaskDefinition': 1,
      'ec2:DescribeVpcs': expect.any(Number),
    });
    expect((aws['ec2:DescribeVpcs'] ?? 0) + (aws['ec2:DescribeSubnets'] ?? 0)).toBeLessThanOrEqual(
      8,
    );
    if (most !== undefined) expect(total(aws) / tasks).toBeLessThanOrEqual(most);
    expect(prefect(/set_state$/)).toBe(2 * tasks);
    expect(prefect(/labels$/)).toBe(tasks);
    expect(prefect(/^PATCH \/flow_runs\/\{id\}$/)).toBe(tasks);
    expect(launchCalls(calls) / tasks).toBeLessThanOrEqual(4.2);
  });

  it.each([4, 6])(
    'makes at most one more look per launch when Prefect takes %i s to answer',
    async (seconds) => {
      await using world = await World.start({ story: () => ({ bootMs: 0, runsForMs: 600_000 }) });
      world.prefect.faults.add({ operation: '*', fault: { kind: 'slow', ms: seconds * 1_000 } });
      const worker = await world.startWorker();
      const runs = world.schedule(tasks);

      const isOver = (run: string): boolean => world.stateOf(run) === 'Completed';
      await world.until('all are over', () => runs.every(isOver), '40m', '10s');
      await world.elapse('2m');

      expect(world.aws.callCounts()).toMatchObject({ 'ecs:RunTask': tasks });
      const prefect = launchCalls(worker.outside.calls);
      console.warn(JSON.stringify({ prefect: prefect / tasks }));
      expect(prefect / tasks).toBeLessThanOrEqual(5.4);
    },
  );
});
