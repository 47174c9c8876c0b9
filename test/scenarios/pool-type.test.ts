import { describe, expect, it } from 'vitest';
import { World } from './world.ts';

const linesWith = (world: World, text: string): readonly string[] =>
  world.log.filter((line) => line.includes(text));

describe('A pool recreated with another worker type', () => {
  it('is logged, and none of its runs is claimed until its type is ours again', async () => {
    await using world = await World.start();
    await world.startWorker();
    await world.elapse('10s');

    world.prefect.deletePool('pool');
    world.prefect.createPool('pool', { type: 'process', baseJobTemplate: {} });
    const foreign = world.prefect.createDeployment({ pool: 'pool', name: 'foreign' });
    await world.elapse('1m');
    const runs = world.schedule(3, foreign);
    await world.elapse('15m');

    expect(linesWith(world, 'Worker type mismatch!')).toEqual([
      expect.stringContaining("expects type 'ecs' but received 'process' from the server."),
    ]);
    for (const run of runs) expect(world.stateOf(run)).toMatch(/^(Scheduled|Late)$/);
    expect(world.aws.callCounts()['ecs:RunTask']).toBeUndefined();
    expect(world.prefect.pool('pool').base_job_template).toEqual({});
    expect(
      linesWith(world, "The worker is not ready: Work pool 'pool' now has type 'process'"),
    ).toHaveLength(1);

    world.prefect.deletePool('pool');
    world.prefect.createPool('pool', { baseJobTemplate: world.template });
    const ours = world.prefect.createDeployment({ pool: 'pool', name: 'ours' });
    const [run = ''] = world.schedule(1, ours);
    await world.until('it is over', () => world.stateOf(run) === 'Completed', '5m');

    expect(linesWith(world, 'The worker is ready again.')).toHaveLength(1);
  });

  it('leaves its Cancelling runs to the workers of that type', async () => {
    await using world = await World.start({
      leaves: { all: 'the run is another kind of worker’s' },
    });
    await world.startWorker();
    await world.elapse('10s');
    world.prefect.deletePool('pool');
    world.prefect.createPool('pool', { type: 'process', baseJobTemplate: {} });
    const foreign = world.prefect.createDeployment({ pool: 'pool', name: 'foreign' });
    await world.elapse('1m');
    const [run = ''] = world.schedule(1, foreign);

    world.prefect.setState(run, 'RUNNING', { force: true });
    world.prefect.setState(run, 'CANCELLING');
    await world.elapse('4m');

    expect(world.stateOf(run)).toBe('Cancelling');
  });
});
