import { describe, expect, it } from 'vitest';
import { World } from './world.ts';

const on = { environment: { PREFECT_ECS_RELAUNCH_FAILED_STARTS: 'true' } };

/** A world in which so many tasks fail to start, one after the other. */
async function failing(
  times: number,
  failure: 'network-interface' | 'no-room' | 'secret',
): Promise<World> {
  const world = await World.start();
  world.aws.faults.add({ task: { kind: 'start-failure', failure }, times });
  return world;
}

describe('a task that AWS fails to start, and that never ran', () => {
  it('crashes its run in the words of ECS: the option is off', async () => {
    await using world = await failing(1, 'network-interface');
    await world.startWorker();
    const [run = ''] = world.schedule();

    await world.until('it is crashed', () => world.stateOf(run) === 'Crashed', '2m');

    expect(world.prefect.stateOf(run).message).toContain(
      'TaskFailedToStart: Timeout waiting for network interface provisioning to complete.',
    );
    expect(world.tasksOf(run)).toHaveLength(1);
  });

  it('is launched again, twice at most, and the log tells of each', async () => {
    await using world = await failing(2, 'network-interface');
    await world.startWorker(on);
    const [run = ''] = world.schedule();

    await world.until('it is over', () => world.stateOf(run) === 'Completed', '5m');

    expect(world.executor.startsOf(run)).toBe(1);
    expect(world.tasksOf(run).map((task) => task.startedBy?.split('/')[3])).toEqual([
      undefined,
      '2',
      '3',
    ]);
    expect(
      world.log.filter((line) => /The ECS task never started: .*Launch [23] follows/.test(line)),
    ).toHaveLength(2);
  });

  it('crashes its run when it fails for the third time', async () => {
    await using world = await failing(9, 'network-interface');
    await world.startWorker(on);
    const [run = ''] = world.schedule();

    await world.until('it is crashed', () => world.stateOf(run) === 'Crashed', '5m');

    expect(world.tasksOf(run)).toHaveLength(3);
    expect(world.prefect.stateOf(run).message).toContain(
      'TaskFailedToStart: Timeout waiting for network',
    );
  });

  it('for a reason of its own is not launched again', async () => {
    await using world = await failing(1, 'secret');
    await world.startWorker(on);
    const [run = ''] = world.schedule();

    await world.until('it is crashed', () => world.stateOf(run) === 'Crashed', '2m');

    expect(world.tasksOf(run)).toHaveLength(1);
  });

  it('for want of room waits for capacity, with the option or without', async () => {
    await using world = await failing(2, 'no-room');
    await world.startWorker();
    const [run = ''] = world.schedule();

    await world.until('it is over', () => world.stateOf(run) === 'Completed', '5m');

    expect(world.statesOf(run)).toContain('AwaitingCapacity 3');
    expect(world.executor.startsOf(run)).toBe(1);
  });

  it('and whose template hides whose it is cannot be told from the next one: it is not launched again', async () => {
    await using world = await failing(1, 'no-room');
    const deployment = world.prefect.createDeployment({ pool: 'pool', name: 'own' });
    world.prefect.updatePool('pool', {
      base_job_template: {
        variables: { type: 'object', properties: {} },
        job_configuration: {
          command: 'true',
          task_definition: { containerDefinitions: [{ name: 'prefect', image: 'x:1' }] },
          task_run_request: { launchType: 'FARGATE', startedBy: 'somebody' },
          aws_credentials: {
            aws_access_key_id: '123456789012',
            aws_secret_access_key: 'x',
            region_name: 'us-east-1',
          },
        },
      },
    });
    await world.startWorker(on);
    const [run = ''] = world.schedule(1, deployment);

    await world.until('it is crashed', () => world.stateOf(run) === 'Crashed', '2m');

    expect(world.aws.tasks()).toHaveLength(1);
  });
});
