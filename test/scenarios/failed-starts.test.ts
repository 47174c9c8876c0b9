import { describe, expect, it } from 'vitest';
import { World } from './world.ts';

const on = { environment: { PREFECT_ECS_RELAUNCH_FAILED_STARTS: 'true' } };

/** Starts a world whose first `times` tasks fail to start. */
async function failing(
  times: number,
  failure: 'network-interface' | 'no-room' | 'secret',
): Promise<World> {
  const world = await World.start();
  world.aws.faults.add({ task: { kind: 'start-failure', failure }, times });
  return world;
}

describe('A task that AWS fails to start', () => {
  it('crashes its run with ECS’s reason when relaunching is off', async () => {
    await using world = await failing(1, 'network-interface');
    await world.startWorker();
    const [run = ''] = world.schedule();

    await world.until('it is crashed', () => world.stateOf(run) === 'Crashed', '2m');

    expect(world.prefect.stateOf(run).message).toContain(
      'TaskFailedToStart: Timeout waiting for network interface provisioning to complete.',
    );
    expect(world.tasksOf(run)).toHaveLength(1);
  });

  it('is relaunched at most twice, and the log names each relaunch', async () => {
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

  it('is relaunched by the same worker although Prefect cannot be read for ten minutes', async () => {
    await using world = await failing(1, 'network-interface');
    await world.startWorker(on);
    const [run = ''] = world.schedule();
    await world.until('it was launched', () => world.tasksOf(run).length === 1);
    const ill = world.prefect.faults.add({
      operation: 'GET /flow_run_states/',
      fault: { kind: 'error', status: 500 },
    });
    await world.elapse('10m');
    ill[Symbol.dispose]();

    await world.until('it is over', () => world.stateOf(run) === 'Completed', '5m');

    expect(world.tasksOf(run)).toHaveLength(2);
    expect(world.executor.startsOf(run)).toBe(1);
    expect(world.log.filter((line) => /Could not submit|adopted this flow run/.test(line))).toEqual(
      [],
    );
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

  it('because of its own secret is not relaunched', async () => {
    await using world = await failing(1, 'secret');
    await world.startWorker(on);
    const [run = ''] = world.schedule();

    await world.until('it is crashed', () => world.stateOf(run) === 'Crashed', '2m');

    expect(world.tasksOf(run)).toHaveLength(1);
  });

  it('for lack of capacity waits for capacity, even when relaunching is off', async () => {
    await using world = await failing(2, 'no-room');
    await world.startWorker();
    const [run = ''] = world.schedule();

    await world.until('it is over', () => world.stateOf(run) === 'Completed', '5m');

    expect(world.statesOf(run)).toContain('AwaitingCapacity 3');
    expect(world.executor.startsOf(run)).toBe(1);
  });

  it('is not relaunched when its template overrides `startedBy`, its only mark', async () => {
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
