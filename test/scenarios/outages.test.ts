import { describe, expect, it } from 'vitest';
import { Answer } from '../../src/local/message.ts';
import { deleteQueue, makeQueue } from './event-queue.ts';
import { cluster, denied, saidSince } from './outage-words.ts';
import { World } from './world.ts';

describe('An hour of 401 from Prefect', () => {
  it('loses no run, and is logged in few lines from its start to its end', async () => {
    let started = 0;
    await using world = await World.start({
      story: () => {
        started += 1;
        return {
          bootMs: 0,
          runsForMs: 300_000,
          ending: { kind: 'exits', exitCode: started % 2 === 0 ? 0 : 3 },
        };
      },
    });
    await world.startWorker({ environment: { PREFECT_API_KEY: 'pnu_revoked' } });
    const running = world.schedule(20);
    await world.until('all run', () => running.every((run) => world.stateOf(run) === 'Running'));

    const linesBefore = world.log.length;
    const revoked = world.prefect.faults.add({
      operation: '*',
      fault: { kind: 'error', status: 401 },
    });
    const due = world.schedule(200);
    await world.elapse('60m');
    revoked[Symbol.dispose]();
    const during = saidSince(world, linesBefore);
    const lines = world.log.slice(linesBefore).join('\n');
    const linesAfter = world.log.length;
    await world.elapse('15m');

    expect(due.filter((run) => world.executor.startsOf(run) !== 1)).toEqual([]);
    expect(running.filter((run) => world.stateOf(run) !== 'Crashed')).toEqual([]);
    expect(during).toEqual({
      'warning Polling for flow runs failed': 1,
      'error Polling for flow runs has been failing': 6,
      'warning Listing the workers of the work pool failed': 1,
      'error Listing the workers of the work pool has been failing': 6,
      'warning Checking the active flow runs for cancellation failed': 1,
      'error Checking the active flow runs for cancellation has been failing': expect.any(Number),
      'warning Listing the flow runs of the work pool failed': 1,
      'error Listing the flow runs of the work pool has been failing': 5,
      'warning Prefect has not accepted the end of 1 flow run': 1,
      'error Prefect has not accepted the end of 20 flow runs': 6,
      "error Prefect has denied this worker's polls": expect.any(Number),
      "warning The worker is not ready: Prefect has denied this worker's polls": 1,
    });
    const denials = during["error Prefect has denied this worker's polls"] ?? 0;
    expect(denials).toBeGreaterThanOrEqual(50); // every minute, with the next poll
    expect(denials).toBeLessThanOrEqual(60);
    expect(lines).toContain('Unauthorized; PREFECT_API_KEY from the environment was sent.');
    expect(lines).not.toContain('pnu_revoked');
    expect(lines).not.toContain('Could not submit flow run');
    expect(saidSince(world, linesAfter)).toEqual({
      'info Polling for flow runs works again': 1,
      'info Listing the workers of the work pool works again': 1,
      'info Checking the active flow runs for cancellation works again': 1,
      'info Listing the flow runs of the work pool works again': 1,
      'info Prefect accepts the ends of flow runs again': 1,
      'info The worker is ready again.': 1,
    });
  });
});

describe('A worker that starts after 10 runs were cancelled', () => {
  it.each([true, false])(
    'polls and launches within seconds (STS reachable: %s)',
    async (isStsThere) => {
      await using world = await World.start({ story: () => ({ runsForMs: 3_600_000 }) });
      const first = await world.startWorker({ name: 'first' });
      const runs = world.schedule(10);
      await world.until('all run', () => runs.every((run) => world.stateOf(run) === 'Running'));
      for (const run of runs) world.prefect.cancel(run);
      await world.until('all are cancelled', () =>
        runs.every((run) => world.stateOf(run) === 'Cancelled'),
      );
      await world.elapse('2m');
      first.drain();
      await world.elapse('5s');
      if (!isStsThere) world.aws.faults.add({ operation: 'sts:*', fault: { kind: 'hang' } });
      const [pollsBefore, sinceMs] = [world.polls().length, world.clock.monotonicMs()];
      const asked = (): number => world.aws.callCounts()['sts:GetCallerIdentity'] ?? 0;
      const askedBefore = asked();

      await world.startWorker({ name: 'second' });
      const [due = ''] = world.schedule();
      await world.until('it polls', () => world.polls().length > pollsBefore, '1m');
      const polledAfterMs = world.clock.monotonicMs() - sinceMs;
      await world.until('the run runs', () => world.stateOf(due) === 'Running', '30s');
      await world.elapse('30m');

      expect(polledAfterMs).toBeLessThanOrEqual(5_000);
      expect(asked() - askedBefore).toBe(1); // later the account is taken from the run's definition
    },
  );
});

describe('The SQS queue of task events', () => {
  it('is logged with its region when it is read, lost and read again', async () => {
    await using world = await World.start();
    makeQueue(world);
    const linesBefore = world.log.length;
    await world.startWorker({ observes: true, environment: { AWS_REGION: 'us-east-1' } });
    await world.elapse('2m');
    deleteQueue(world);
    await world.elapse('20m');
    makeQueue(world);
    await world.elapse('6m');

    expect(saidSince(world, linesBefore)).toEqual({
      "info Worker 'worker' started!": 1,
      "info Reading task events from SQS queue 'prefect-ecs-tasks-events' in region 'us-east-1'.": 1,
      "warning SQS queue 'prefect-ecs-tasks-events' does not exist in region 'us-east-1'": 1,
      "info Reading task events from SQS queue 'prefect-ecs-tasks-events' in region 'us-east-1' again": 1,
    });
  });

  it('loses no run while it is denied for an hour, then is read within 12 minutes', async () => {
    await using world = await World.start({
      story: () => ({ bootMs: 0, runsForMs: 100_000, ending: { kind: 'exits', exitCode: 3 } }),
    });
    makeQueue(world);
    await world.startWorker({ observes: true });
    const fault = world.aws.faults.add({
      operation: 'sqs:ReceiveMessage',
      fault: denied('sqs:ReceiveMessage'),
    });
    const linesBefore = world.log.length;
    await world.elapse('50m');
    const runs = world.schedule(5);
    await world.elapse('50m');
    const crashed = world.log.filter((line) => line.includes('error ECS observer crashed'));
    expect(runs.filter((run) => world.stateOf(run) !== 'Crashed')).toEqual([]);
    expect(crashed).toHaveLength(6);
    expect(crashed[0]).toContain(
      "Grant sqs:ReceiveMessage to the worker on SQS queue 'prefect-ecs-tasks-events' in region 'us-east-1'.",
    );
    expect(saidSince(world, linesBefore)['error ECS observer has been crashing']).toBe(1);
    expect(world.log.slice(linesBefore).join()).not.toContain('giving up');

    fault[Symbol.dispose]();
    await world.until(
      'it is read',
      () => world.log.some((line) => line.includes('info Reading task events')),
      '12m',
    );
  });
});

describe('Refused credentials of one block', () => {
  it('delay no run of other credentials, and the worker stays ready', async () => {
    await using world = await World.start({
      story: () => ({ bootMs: 0, runsForMs: 100_000, ending: { kind: 'exits', exitCode: 3 } }),
    });
    const broken = world.prefect.createDeployment({
      pool: 'pool',
      name: 'broken',
      jobVariables: {
        aws_credentials: {
          aws_access_key_id: 'AKIABROKEN',
          aws_secret_access_key: 'x',
          region_name: 'us-east-1',
        },
      },
    });
    await world.startWorker();
    const [blind = ''] = world.schedule(1, broken);
    const [seen = ''] = world.schedule();
    await world.until('both run', () =>
      [blind, seen].every((run) => world.stateOf(run) === 'Running'),
    );
    world.betweenAws = async (request, answer) => {
      const isTheirs = request.headers.get('authorization')?.includes('AKIABROKEN') === true;
      return isTheirs ? refusedCredentials() : answer();
    };
    const linesBefore = world.log.length;
    await world.elapse('110s');
    expect(world.stateOf(seen)).toBe('Crashed');
    const [next = ''] = world.schedule();
    await world.until('it runs', () => world.stateOf(next) === 'Running', '30s');
    expect(saidSince(world, linesBefore)).toEqual({
      [`warning Describing the ECS tasks in cluster '${cluster}' failed`]: 1,
    });

    world.betweenAws = (_request, answer) => answer();
    await world.until('the run is Crashed', () => world.stateOf(blind) === 'Crashed', '2m');
  });
});

const refusedCredentials = (): Answer =>
  Answer.json(400, {
    __type: 'UnrecognizedClientException',
    message: 'The security token included in the request is invalid.',
  });

describe('An outage of Prefect’s log API', () => {
  it('of 15 minutes is logged from its start to its end', async () => {
    await using world = await World.start({ story: () => ({ bootMs: 0, runsForMs: 10_000 }) });
    await world.startWorker({ environment: { PREFECT_LOGGING_TO_API_ENABLED: 'true' } });
    const linesBefore = world.log.length;
    const fault = world.prefect.faults.add({
      operation: 'POST /logs/',
      fault: { kind: 'error', status: 500 },
    });
    for (let minutes = 0; minutes < 15; minutes += 1) {
      world.schedule();
      await world.elapse('1m');
    }
    fault[Symbol.dispose]();
    world.schedule();
    await world.elapse('1m');

    expect(saidSince(world, linesBefore)).toEqual({
      "info Worker 'worker' started!": 1,
      'warning Sending flow run log lines failed': 1,
      'error Sending flow run log lines has been failing': 2,
      'info Sending flow run log lines works again': 1,
    });
  });
});

describe('Tasks of 20 runs cancelled while no worker lived', () => {
  it('are logged as one while StopTask fails, and stopped once it works', async () => {
    await using world = await World.start({ story: () => ({ runsForMs: 36_000_000 }) });
    const first = await world.startWorker({ name: 'first' });
    const runs = world.schedule(20);
    await world.until('all run', () => runs.every((run) => world.stateOf(run) === 'Running'));
    first.kill();
    for (const run of runs) world.prefect.setState(run, 'CANCELLED', { force: true });
    const ill = world.aws.faults.add({
      operation: 'ecs:StopTask',
      fault: { kind: 'error', status: 500 },
    });
    const linesBefore = world.log.length;
    await world.startWorker({ name: 'second' });
    await world.elapse('25m');
    const during = saidSince(world, linesBefore);
    ill[Symbol.dispose]();
    const linesAfter = world.log.length;
    await world.until('all have stopped', () => world.aws.runningTasks().length === 0, '12m');

    const waits = 'ECS has not stopped the tasks that cancelled flow runs left behind';
    expect(Object.keys(during).filter((said) => !said.includes(waits))).toEqual([
      "info Worker 'second' started!",
    ]);
    expect(during[`error ${waits} (20 flow runs)`]).toBe(2);
    expect(Object.values(during).reduce((sum, count) => sum + count, 0)).toBeLessThanOrEqual(5);
    expect(saidSince(world, linesAfter)).toEqual({
      'info ECS stops the tasks that cancelled flow runs left behind again': 1,
    });
  });
});
