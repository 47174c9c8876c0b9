import { describe, expect, it } from 'vitest';
import { Answer } from '../../src/local/message.ts';
import { World, type WorldOptions } from './world.ts';

const fargate: WorldOptions['aws'] = {
  delays: { provisioning: 10_000, pending: 10_000, deprovisioning: 20_000 },
};

describe('A run for which ECS has no capacity', () => {
  it('waits in Pending, names the reason, and starts once there is capacity', async () => {
    await using world = await World.start({ aws: fargate });
    world.aws.capacity.failNext(2);
    await world.startWorker();
    const [run = ''] = world.schedule();

    await world.until('it is over', () => world.stateOf(run) === 'Completed', '10m');

    expect(world.statesOf(run)).toEqual([
      'Scheduled',
      'Pending',
      'Submitting',
      'AwaitingCapacity 2',
      'AwaitingCapacity 3',
      'Running',
      'Completed',
    ]);
    const announced = world.prefect.history(run)[3];
    expect(announced?.message).toContain(
      'Waiting for capacity: ECS had no capacity for the task (Capacity is',
    );
    expect(world.executor.startsOf(run)).toBe(1);
    expect(world.tasksOf(run).map((task) => task.startedBy?.split('/').at(-1))).toEqual(['3']);
  });
});

describe('While Fargate is full for 8 minutes', () => {
  const statesOfAll = (world: World, runs: readonly string[], name: string): number =>
    runs.filter((run) => world.stateOf(run) === name).length;

  it('200 runs wait without a crash, and a deployment on other capacity goes on', async () => {
    await using world = await World.start({ aws: { rateLimits: true } });
    world.aws.capacity.fargate(false, { provider: 'FARGATE' });
    const spot = world.prefect.createDeployment({
      pool: 'pool',
      name: 'spot',
      jobVariables: { launch_type: 'FARGATE_SPOT' },
    });
    await world.startWorker({ limit: 400 });
    const runs = world.schedule(200);
    await world.elapse('1m');
    const others = world.schedule(5, spot);

    await world.until(
      'the others are over',
      () => statesOfAll(world, others, 'Completed') === 5,
      '2m',
    );
    await world.elapse('6m');
    expect(statesOfAll(world, runs, 'Completed')).toBe(0);
    expect(world.aws.callCounts()['ecs:RunTask']).toBeLessThan(260);
    world.aws.capacity.fargate(true);
    await world.until('all are over', () => statesOfAll(world, runs, 'Completed') === 200, '4m');

    expect(runs.filter((run) => world.executor.startsOf(run) !== 1)).toEqual([]);
    expect(runs.filter((run) => world.statesOf(run).includes('Crashed'))).toEqual([]);
  });

  it('waiting runs hold at most half of the slots', async () => {
    await using world = await World.start({ story: () => ({ runsForMs: 60_000 }) });
    world.aws.capacity.fargate(false, { provider: 'FARGATE' });
    const spot = world.prefect.createDeployment({
      pool: 'pool',
      name: 'spot',
      jobVariables: { launch_type: 'FARGATE_SPOT' },
    });
    await world.startWorker({ limit: 10 });
    const probe = world.schedule(1);
    await world.elapse('15s');
    const runs = [...probe, ...world.schedule(30)];
    await world.elapse('1m');
    const others = world.schedule(12, spot);
    let most = 0;
    await world.until(
      'the others are over',
      () => {
        most = Math.max(
          most,
          runs.filter((run) => world.stateOf(run).startsWith('Awaiting')).length,
        );
        return statesOfAll(world, others, 'Completed') === 12;
      },
      '6m',
    );

    expect(most).toBe(5);
    world.aws.capacity.fargate(true);
    await world.until('all are over', () => statesOfAll(world, runs, 'Completed') === 31, '10m');
    expect(runs.filter((run) => world.executor.startsOf(run) !== 1)).toEqual([]);
  });

  it.each<{
    readonly how: string;
    readonly count: number;
    readonly queue?: string;
    readonly poolLimit?: number;
  }>([
    { how: 'more than a page', count: 450 },
    { how: 'a page in a queue of higher priority', count: 220, queue: 'later' },
    { how: 'as many as the pool has free slots', count: 30, poolLimit: 20 },
  ])(
    'held-back runs do not hide runs that have capacity: $how',
    async ({ count, queue, poolLimit }) => {
      await using world = await World.start();
      world.aws.capacity.fargate(false, { provider: 'FARGATE' });
      if (poolLimit !== undefined)
        world.prefect.updatePool('pool', { concurrency_limit: poolLimit });
      const spot = world.prefect.createDeployment({
        pool: 'pool',
        name: 'spot',
        jobVariables: { launch_type: 'FARGATE_SPOT' },
        ...(queue !== undefined && { queue }),
      });
      await world.startWorker({ limit: 10 });
      world.schedule(1); // the probe: without it ten runs find out at once
      await world.elapse('15s');
      const runs = Array.from({ length: count }, (_, at) =>
        world.prefect.schedule(world.deployment, { inSeconds: at - 600 }),
      );
      await world.elapse('4m');
      const others = Array.from({ length: 3 }, (_, at) =>
        world.prefect.schedule(spot, { inSeconds: at - 3 }),
      );

      await world.until(
        'the others are over',
        () => statesOfAll(world, others, 'Completed') === 3,
        '2m',
      );

      expect(statesOfAll(world, runs, 'Late')).toBe(count - 4);
      const before = world.polls().length;
      await world.elapse('1m');
      // a search behind held-back runs takes up to 6 calls, every 9 to 13 s
      expect(world.polls().length - before).toBeLessThanOrEqual(6 * 7);
    },
  );

  it('50 waiting runs whose worker is killed all start, once each', async () => {
    await using world = await World.start();
    world.aws.capacity.fargate(false);
    const first = await world.startWorker({ limit: 100 });
    const runs = world.schedule(50);
    await world.elapse('2m');
    expect(runs.every((run) => world.stateOf(run).startsWith('AwaitingCapacity'))).toBe(true);

    first.kill();
    await world.elapse('1m');
    await world.startWorker({ name: 'next', limit: 100 });
    await world.elapse('4m');
    world.aws.capacity.fargate(true);
    await world.until('all are over', () => statesOfAll(world, runs, 'Completed') === 50, '10m');

    expect(runs.filter((run) => world.executor.startsOf(run) !== 1)).toEqual([]);
    expect(runs.filter((run) => world.statesOf(run).includes('Crashed'))).toEqual([]);
  });
});

describe('A run that waits for capacity', () => {
  /** Starts a worker and a run, and returns when the run waits. */
  async function waiting(world: World, environment: Record<string, string> = {}) {
    world.aws.capacity.fargate(false);
    const worker = await world.startWorker({ environment });
    const [run = ''] = world.schedule();
    await world.until('it waits', () => world.stateOf(run).startsWith('AwaitingCapacity'));
    return { run, worker };
  }

  it('becomes Cancelled at once when it is cancelled, and is not launched', async () => {
    await using world = await World.start();
    const { run } = await waiting(world);

    world.prefect.cancel(run);
    await world.elapse('2s');
    expect(world.prefect.stateOf(run)).toMatchObject({
      type: 'CANCELLED',
      message: 'Flow run cancelled by worker while pending.',
    });

    world.aws.capacity.fargate(true);
    await world.elapse('5m');
    expect(world.executor.startsOf(run)).toBe(0);
  });

  it('keeps the final state that a user sets, and is not launched', async () => {
    await using world = await World.start();
    const { run } = await waiting(world, { PREFECT_WORKER_ENABLE_CANCELLATION: 'false' });

    world.prefect.setState(run, 'FAILED', { force: true });
    world.prefect.setState(run, 'PENDING', { name: 'Submitting' });
    world.aws.capacity.fargate(true);
    await world.elapse('5m');

    expect(world.stateOf(run)).toBe('Failed');
    expect(world.executor.startsOf(run)).toBe(0);
  });

  it('crashes at the deadline, and its message says for what and how long it waited', async () => {
    await using world = await World.start();
    const { run } = await waiting(world, { PREFECT_ECS_CAPACITY_TIMEOUT_SECONDS: '600' });

    await world.until('it is crashed', () => world.stateOf(run) === 'Crashed', '11m');

    expect(world.prefect.stateOf(run).message).toBe(
      'Failed to submit flow run to infrastructure: RuntimeError: Failed to run ECS task due to a capacity provider error. ' +
        'Verify that your Fargate or EC2 capacity providers are correctly configured for the cluster and that the requested ' +
        'capacity is available. The flow run waited 600 seconds for capacity: Capacity is unavailable at this time. Please ' +
        'try again later or in a different availability zone [ecs.capacity.fargate] ' +
        'The task could not start because AWS currently has no Fargate capacity for it. Retry the flow run later. ' +
        'Subnets in more Availability Zones and smaller task sizes find capacity sooner. Read more: ' +
        'https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html',
    );
  });

  it('goes back to Scheduled when it loses its deployment slot, and is claimed again', async () => {
    await using world = await World.start();
    const deployment = world.prefect.createDeployment({
      pool: 'pool',
      name: 'lost',
      concurrencyLimit: 1,
    });
    world.aws.capacity.fargate(false);
    const [run = ''] = world.schedule(1, deployment);
    await world.startWorker();
    await world.until('it waits', () => world.stateOf(run) === 'AwaitingCapacity 2');

    world.prefect.restart(); // loses every lease
    await world.until(
      'it is scheduled again',
      () => world.statesOf(run).includes('Scheduled', 1),
      '5m',
    );
    world.aws.capacity.fargate(true);
    await world.until('it has ended', () => world.stateOf(run) === 'Completed');

    expect(world.executor.startsOf(run)).toBe(1);
    expect(world.statesOf(run).filter((name) => name === 'Pending')).toHaveLength(2);
  });

  it('keeps its deployment slot for longer than a lease lasts', async () => {
    await using world = await World.start();
    const deployment = world.prefect.createDeployment({
      pool: 'pool',
      name: 'one',
      concurrencyLimit: 1,
    });
    world.aws.capacity.fargate(false);
    await world.startWorker();
    const [run = ''] = world.schedule(1, deployment);
    await world.elapse('7m');

    world.aws.capacity.fargate(true);
    await world.until('it is over', () => world.stateOf(run) === 'Completed', '5m');

    expect(
      world.prefect.callCounts()['POST /v2/concurrency_limits/leases/{id}/renew'],
    ).toBeGreaterThan(3);
  });

  it('moves to the next capacity of its ladder after enough failures, and logs that', async () => {
    await using world = await World.start();
    world.aws.capacity.fargate(false, { provider: 'FARGATE' });
    await world.startWorker({
      environment: {
        PREFECT_ECS_CAPACITY_LADDER: 'FARGATE_SPOT',
        PREFECT_ECS_CAPACITY_LADDER_FAILURES: '2',
      },
    });
    const [run = ''] = world.schedule();

    await world.until('it is over', () => world.stateOf(run) === 'Completed', '3m');

    expect(world.tasksOf(run)).toMatchObject([{ capacityProvider: 'FARGATE_SPOT' }]);
    expect(
      world.log.filter((line) => line.includes("Trying launch 3 on 'FARGATE_SPOT'.")),
    ).toHaveLength(1);
  });

  it('on a server without sub-states of Pending keeps its launch when adopted', async () => {
    await using world = await World.start({ prefect: { version: '3.6.0' } });
    world.aws.capacity.fargate(false);
    const first = await world.startWorker();
    const [run = ''] = world.schedule();
    await world.elapse('1m');
    first.kill();
    await world.startWorker();
    await world.elapse('2m');
    const announced = String(world.prefect.run(run).labels['prefect.ecs.launch']).split(' ')[1];

    world.aws.capacity.fargate(true);
    await world.until('it is over', () => world.stateOf(run) === 'Completed', '5m');

    expect(world.statesOf(run)).toEqual(['Scheduled', 'Pending', 'Running', 'Completed']);
    expect(world.tasksOf(run).map((task) => task.startedBy?.split('/').at(-1))).toEqual([
      announced,
    ]);
  });
});

it('A run whose RunTask is denied does not wait for capacity', async () => {
  await using world = await World.start();
  world.aws.faults.add({
    operation: 'ecs:RunTask',
    fault: { kind: 'error', status: 400, code: 'AccessDeniedException' },
  });
  await world.startWorker();
  const [run = ''] = world.schedule();

  await world.until('it is crashed', () => world.stateOf(run) === 'Crashed', '1m');

  expect(world.aws.callCounts()['ecs:RunTask']).toBe(1);
});

describe('A run without capacity', () => {
  it('waits when the quota of tasks in PROVISIONING is reached', async () => {
    await using world = await World.start();
    world.aws.faults.add({
      operation: 'ecs:RunTask',
      fault: {
        kind: 'error',
        status: 400,
        code: 'ClientException',
        message: 'Tasks provisioning capacity limit exceeded.',
      },
      times: 1,
    });
    await world.startWorker();
    const [run = ''] = world.schedule();
    await world.elapse('5m');

    expect(world.stateOf(run)).toBe('Completed');
  });

  it.each(['FARGATE', 'FARGATE_SPOT'])(
    'waits when its task on %s failed to start for lack of capacity',
    async (type) => {
      await using world = await World.start({ story: () => ({ bootMs: 0, runsForMs: 60_000 }) });
      world.configurePool({ launch_type: type });
      const reason =
        'Capacity is unavailable at this time. Please try again later or in a different availability zone';
      world.aws.faults.add({ task: { kind: 'start-failure', failure: { reason } }, times: 1 });
      await world.startWorker();
      const [run = ''] = world.schedule();
      await world.elapse('15m');

      expect(world.stateOf(run)).toBe('Completed');
    },
  );

  it('costs the same number of ListTasks calls an hour however long it waits', async () => {
    await using world = await World.start();
    world.aws.capacity.fargate(false);
    await world.startWorker({ environment: { PREFECT_ECS_CAPACITY_TIMEOUT_SECONDS: '86400' } });
    world.schedule();
    const lists = (): number => world.aws.callCounts()['ecs:ListTasks'] ?? 0;
    const costs: number[] = [];
    for (let half = 0; half < 5; half += 1) {
      const before = lists();
      await world.elapse('30m');
      costs.push(lists() - before);
    }

    expect((costs[4] ?? Infinity) / (costs[1] ?? 0)).toBeLessThan(2);
    // four per try, and the launches that are searched for again
    expect(Math.max(...costs)).toBeLessThanOrEqual(5 * 31);
  });

  it('delays no other run once its refused launch turns out to live', async () => {
    const long = new Set<string>();
    await using world = await World.start({
      story: (run) => ({ runsForMs: long.has(run) ? 7_200_000 : 10_000 }),
      aws: { delays: { provisioning: 200_000 } },
    });
    let lies = 1;
    world.betweenAws = async (request, answer) => {
      const isRunTask = request.headers.get('x-amz-target')?.endsWith('.RunTask') === true;
      const real = await answer();
      if (!isRunTask || lies === 0) return real;
      lies -= 1;
      world.aws.capacity.fargate(false);
      return Answer.json(200, {
        tasks: [],
        failures: [{ reason: 'Capacity is unavailable at this time.' }],
      });
    };
    await world.startWorker();
    const [first = ''] = world.schedule();
    long.add(first);
    await world.until('it waits', () => world.stateOf(first) === 'AwaitingCapacity 2');
    const others = world.schedule(5);
    await world.elapse('1m');
    world.aws.capacity.fargate(true);
    await world.elapse('45m');

    expect(others.filter((run) => world.stateOf(run) !== 'Completed')).toEqual([]);
    expect(world.executor.startsOf(first)).toBe(1);
  });
});

describe('A run on a capacity provider that scales out', () => {
  /** Starts a run whose task waits for an instance of provider `own`, which has none. */
  async function provisioning(world: World, environment: Record<string, string> = {}) {
    await callEcs(world, 'CreateCapacityProvider', {
      name: 'own',
      autoScalingGroupProvider: {
        autoScalingGroupArn: 'arn:aws:autoscaling:us-east-1:123456789012:x',
      },
    });
    await callEcs(world, 'PutClusterCapacityProviders', {
      cluster: 'default',
      capacityProviders: ['own'],
      defaultCapacityProviderStrategy: [],
    });
    world.configurePool({
      launch_type: 'EC2',
      capacity_provider_strategy: [{ capacityProvider: 'own', weight: 1 }],
      task_start_timeout_seconds: 300,
    });
    await world.startWorker({ environment });
    const [run = ''] = world.schedule();
    await world.until('its task waits', () => world.tasksOf(run)[0]?.lastStatus === 'PROVISIONING');
    return run;
  }

  it('waits 600 s for an instance without being crashed by the start timeout', async () => {
    await using world = await World.start({ aws: { provisioningTimeoutMs: 3_600_000 } });
    const run = await provisioning(world);
    await world.elapse('10m');
    expect(world.stateOf(run)).not.toBe('Crashed');

    world.aws.capacity.addInstance(
      { cluster: 'default' },
      { cpu: 4_096, memory: 8_192, capacityProvider: 'own' },
    );
    await world.until('it is over', () => world.stateOf(run) === 'Completed', '5m');

    expect(world.executor.startsOf(run)).toBe(1);
    expect(
      world.log.filter((line) =>
        line.includes(
          "Waiting for capacity provider 'own' to provide an instance for the ECS task, for at most 1800 seconds.",
        ),
      ),
    ).toHaveLength(1);
  });

  it('crashes at the capacity deadline, after its task was stopped', async () => {
    await using world = await World.start({ aws: { provisioningTimeoutMs: 3_600_000 } });
    const run = await provisioning(world, { PREFECT_ECS_CAPACITY_TIMEOUT_SECONDS: '900' });
    await world.until('it is crashed', () => world.stateOf(run) === 'Crashed', '17m');

    const { message } = world.prefect.stateOf(run);
    expect(message).toMatch(/Timed out after 90\ds while watching task for status RUNNING\. /);
    expect(message).toMatch(
      /\[ecs\.capacity\.ec2\] The task was stopped because capacity provider 'own' had no instance for it within 90\d s\./,
    );
    expect(world.tasksOf(run).map((task) => task.stoppedReason)).toEqual([
      'Task did not start within 900 seconds',
    ]);
  });
});

describe('A run on EC2', () => {
  it('names the empty cluster in its waiting state, in the Python worker’s words', async () => {
    await using world = await World.start();
    world.configurePool({ launch_type: 'EC2' });
    await world.startWorker();
    const [run = ''] = world.schedule();
    await world.until('it waits', () => world.stateOf(run) === 'AwaitingCapacity 2', '1m');

    expect(world.prefect.stateOf(run).message).toBe(
      "Waiting for capacity: Failed to run ECS task, cluster 'default' does not appear to have any container instances " +
        'associated with it. Confirm that you have EC2 container instances available. AWS answered: An error occurred ' +
        '(InvalidParameterException) when calling the RunTask operation: No Container Instances were found in your ' +
        'cluster. Launch 2 follows when capacity frees up.',
    );

    world.aws.capacity.addInstance({ cluster: 'default' }, { cpu: 4_096, memory: 8_192 });
    await world.until('it is over', () => world.stateOf(run) === 'Completed', '5m');
  });
});

/** Calls ECS as an operator, outside the worker. */
async function callEcs(world: World, operation: string, input: object): Promise<void> {
  const answer = await world.aws.handle(
    new Request('http://aws.local/', {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `AmazonEC2ContainerServiceV20141113.${operation}`,
      },
      body: JSON.stringify(input),
    }),
  );
  if (answer.status !== 200) throw new Error(`${operation}: ${answer.body}`);
}
