import { describe, expect, it } from 'vitest';
import { deleteQueue, makeQueue } from './event-queue.ts';
import { World } from './world.ts';

/** How often the worker said what since then: lines of flow runs and DEBUG left out, and of the others what changes. */
function saidSince(world: World, from: number): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const line of world.log.slice(from)) {
    if (line.includes('"flowRunId"') || line.includes(' debug ')) continue;
    const said = line
      .slice(line.indexOf(' ', 25) + 1)
      .replace(/(, | )(since|after|will keep trying).*$|\. Tasks are still .*$/, '');
    counts[said] = (counts[said] ?? 0) + 1;
  }
  return counts;
}

describe('An hour in which Prefect answers 401', () => {
  it('costs no run, and is told in few lines: when it begins, while it lasts, and when it is over', async () => {
    await using world = await World.start({
      story: () => ({ bootMs: 0, runsForMs: 300_000, ending: { kind: 'exits', exitCode: 3 } }),
    });
    await world.startWorker({ environment: { PREFECT_API_KEY: 'pnu_revoked' } });
    const running = world.schedule(20);
    await world.until('all run', () => running.every((run) => world.stateOf(run) === 'Running'));

    const linesBefore = world.log.length;
    const revoked = world.prefect.faults.add({ operation: '*', fault: { kind: 'error', status: 401 } });
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
      'error Polling for flow runs still fails': 6,
      'warning The heartbeat failed': 1,
      'error The heartbeat still fails': 6,
      'warning Looking at the flow runs in hand failed': 1,
      'error Looking at the flow runs in hand still fails': expect.any(Number),
      'warning Looking for flow runs that nobody follows failed': 1,
      'error Looking for flow runs that nobody follows still fails': 5,
      'warning Prefect has not taken the end of 1 flow run': 1,
      'error Prefect has not taken the end of 20 flow runs': 6,
      "error Prefect denies this worker's heartbeats and polls": expect.any(Number),
      "warning The worker is not ready: Prefect denies this worker's heartbeats and polls": 1,
    });
    const denials = during["error Prefect denies this worker's heartbeats and polls"] ?? 0;
    expect(denials).toBeGreaterThanOrEqual(50); // every minute, at the poll after it
    expect(denials).toBeLessThanOrEqual(60);
    expect(lines).toContain('Unauthorized; PREFECT_API_KEY from the environment was sent.');
    expect(lines).not.toContain('pnu_revoked');
    expect(saidSince(world, linesAfter)).toEqual({
      'info Polling for flow runs works again': 1,
      'info The heartbeat works again': 1,
      'info Looking at the flow runs in hand works again': 1,
      'info Looking for flow runs that nobody follows works again': 1,
      'info Prefect has taken the ends of all flow runs again': 1,
      'info The worker is ready again.': 1,
    });
  });
});

const cluster = 'arn:aws:ecs:us-east-1:123456789012:cluster/default';
const user = 'User: arn:aws:sts::123456789012:assumed-role/worker/x';
const words = `${user} is not authorized to perform: ecs:DescribeTasks`;

const denied = (action: string) =>
  ({
    kind: 'error',
    status: 400,
    code: 'AccessDeniedException',
    message: `${user} is not authorized to perform: ${action}`,
  }) as const;

describe('ecs:DescribeTasks, denied for 12 minutes', () => {
  it('judges no run, is told with the right to add, to the runs after 5 minutes, and costs a call a minute', async () => {
    await using world = await World.start({
      aws: { delays: { provisioning: 10_000 } },
      story: () => ({ bootMs: 0, runsForMs: 100_000, ending: { kind: 'exits', exitCode: 3 } }),
    });
    world.configurePool({ task_start_timeout_seconds: 30 });
    await world.startWorker();
    const runs = world.schedule(20);
    await world.until('all run', () => runs.every((run) => world.stateOf(run) === 'Running'));
    world.aws.faults.add({ task: { kind: 'slow-start', ms: 3_600_000 } });
    const [overdue = ''] = world.schedule();
    await world.until('its task is there', () => world.tasksOf(overdue).length === 1);
    const linesBefore = world.log.length;
    const looks = (): number => world.aws.callCounts()['ecs:DescribeTasks'] ?? 0;
    const looksBefore = looks();
    const fault = world.aws.faults.add({
      operation: 'ecs:DescribeTasks',
      fault: denied('ecs:DescribeTasks'),
    });

    await world.elapse('12m');

    const all = [...runs, overdue];
    const runLines = world.log.filter((line) => line.includes("may not look at this flow run's ECS task"));
    expect(runs.filter((run) => world.stateOf(run) !== 'Running')).toEqual([]);
    expect(world.aws.callCounts()['ecs:StopTask'] ?? 0).toBe(0);
    expect(looks() - looksBefore).toBeLessThanOrEqual(18);
    expect(saidSince(world, linesBefore)).toEqual({
      [`error Looking at the ECS tasks in cluster '${cluster}' failed`]: 1,
      [`error Looking at the ECS tasks in cluster '${cluster}' still fails`]: 1,
      [`warning The worker is not ready: it may not look at the ECS tasks in cluster '${cluster}'. ${words}.`]: 1,
    });
    expect(world.log[linesBefore]).toContain(`${words}. Allow ecs:DescribeTasks to the worker.`);
    expect(all.map((run) => runLines.filter((line) => line.includes(run)).length)).toEqual(all.map(() => 1));
    const toldAfterMs =
      Date.parse(runLines[0]?.slice(0, 24) ?? '') - Date.parse(world.log[linesBefore]?.slice(0, 24) ?? '');
    expect(toldAfterMs).toBeGreaterThanOrEqual(5 * 60_000);
    expect(toldAfterMs).toBeLessThanOrEqual(6.25 * 60_000);

    fault[Symbol.dispose]();
    const linesAfter = world.log.length;
    await world.until('all are told', () => all.every((run) => world.stateOf(run) === 'Crashed'), '2m');
    expect(saidSince(world, linesAfter)).toEqual({
      [`info Looking at the ECS tasks in cluster '${cluster}' works again`]: 1,
      'info The worker is ready again.': 1,
    });
  });
});

describe('ecs:ListTasks, denied while a run waits for capacity', () => {
  it('is said in its log; the run is neither launched on a guess nor Crashed, and starts when the right is there', async () => {
    await using world = await World.start();
    world.aws.capacity.fargate(false);
    await world.startWorker({ environment: { PREFECT_ECS_CAPACITY_TIMEOUT_SECONDS: '600' } });
    const [run = ''] = world.schedule();
    await world.until('it waits', () => world.stateOf(run).startsWith('AwaitingCapacity'));
    const fault = world.aws.faults.add({ operation: 'ecs:ListTasks', fault: denied('ecs:ListTasks') });
    const launches = (): number => world.aws.callCounts()['ecs:RunTask'] ?? 0;
    await world.elapse('2m');
    const launchesBefore = launches();
    world.aws.capacity.fargate(true);

    await world.elapse('25m'); // beyond the time for which it may wait for capacity
    expect(world.statesOf(run)).not.toContain('Crashed');
    expect(launches()).toBe(launchesBefore);
    const said = world.log.filter(
      (line) =>
        line.includes(run) && line.includes(' error ') && line.includes('Allow ecs:ListTasks to the worker.'),
    );
    expect(said.length).toBeGreaterThanOrEqual(3);
    expect(said.length).toBeLessThanOrEqual(4);
    expect(said[0]).toContain(' error Looking for ECS tasks of earlier launches of this flow run failed');

    fault[Symbol.dispose]();
    await world.until('it is over', () => world.stateOf(run) === 'Completed', '5m');
    expect(world.executor.startsOf(run)).toBe(1);
  });
});

describe('ecs:StopTask, denied while 200 tasks do not start in time', () => {
  it('is asked for once in two seconds at most, delays no launch, and is told once for all and once for each run', async () => {
    await using world = await World.start({
      aws: { rateLimits: true, delays: { provisioning: 7_200_000 } },
      leaves: { all: 'the tasks live on for as long as nobody may stop them' },
    });
    const fault = world.aws.faults.add({ operation: 'ecs:StopTask', fault: denied('ecs:StopTask') });
    await world.startWorker();
    const overdue = world.schedule(200);
    const stops = (): number => world.aws.callCounts()['ecs:StopTask'] ?? 0;
    const linesBefore = world.log.length;
    await world.until('the first is denied', () => stops() > 0, '10m');
    await world.elapse('1m');
    const stopsBefore = stops();

    await world.elapse('10m');
    const told = world.log.filter((line) => line.includes(' error ') && line.includes('may not be stopped'));
    expect(stops() - stopsBefore).toBeLessThanOrEqual(300);
    expect(saidSince(world, linesBefore)).toEqual({
      "info Worker 'worker' started!": 1,
      'error Stopping ECS tasks failed': 1,
      'error Stopping ECS tasks still fails': 1,
    });
    expect(overdue.map((run) => told.filter((line) => line.includes(run)).length)).toEqual(
      overdue.map(() => 1),
    );
    expect(told[0]).toContain(
      'is not authorized to perform: ecs:StopTask. Allow ecs:StopTask to the worker.',
    );

    const late = world.schedule(50);
    await world.until('all are launched', () => late.every((run) => world.tasksOf(run).length === 1), '30s');
    expect(overdue.filter((run) => world.statesOf(run).includes('Crashed'))).toEqual([]);

    fault[Symbol.dispose]();
    const linesAfter = world.log.length;
    await world.until(
      'all are Crashed',
      () => overdue.every((run) => world.stateOf(run) === 'Crashed'),
      '11m',
    );
    expect(saidSince(world, linesAfter)).toEqual({ 'info Stopping ECS tasks works again': 1 });
  });
});

describe('A worker that starts beside 10 runs that were cancelled of late', () => {
  it.each([true, false])(
    'polls and launches within seconds; there is a way to STS: %s',
    async (isStsThere) => {
      await using world = await World.start({ story: () => ({ runsForMs: 3_600_000 }) });
      const first = await world.startWorker({ name: 'first' });
      const runs = world.schedule(10);
      await world.until('all run', () => runs.every((run) => world.stateOf(run) === 'Running'));
      for (const run of runs) world.prefect.cancel(run);
      await world.until('all are cancelled', () => runs.every((run) => world.stateOf(run) === 'Cancelled'));
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
      expect(asked() - askedBefore).toBeLessThanOrEqual(isStsThere ? 1 : 4); // once in ten minutes while it is silent
    },
  );
});

describe('The queue of task events', () => {
  it('is told, with its region, when it is read, lost and read again', async () => {
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

  it('that may not be read for an hour costs no run, is told with the right to add, and is read again within 12 minutes', async () => {
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
      "Allow sqs:ReceiveMessage to the worker on SQS queue 'prefect-ecs-tasks-events' in region 'us-east-1'.",
    );
    expect(saidSince(world, linesBefore)['error ECS observer still crashes']).toBe(1);
    expect(world.log.slice(linesBefore).join()).not.toContain('giving up');

    fault[Symbol.dispose]();
    await world.until(
      'it is read',
      () => world.log.some((line) => line.includes('info Reading task events')),
      '12m',
    );
  });
});
