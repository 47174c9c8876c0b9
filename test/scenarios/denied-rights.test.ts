import { describe, expect, it } from 'vitest';
import { cluster, denied, notAuthorized, saidSince } from './outage-words.ts';
import { World } from './world.ts';

/** The id of the flow run that a log line names, or nothing. */
const runsIn = (line: string): readonly string[] =>
  /"flowRunId":"([^"]+)"/.exec(line)?.slice(1) ?? [];

const words = notAuthorized('ecs:DescribeTasks');

describe('A worker denied ecs:DescribeTasks for 12 minutes', () => {
  it('crashes no run, calls it once a minute, and logs the permission to add', async () => {
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
    const runLines = world.log.filter((line) =>
      line.includes("may not describe this flow run's ECS task"),
    );
    expect(runs.filter((run) => world.stateOf(run) !== 'Running')).toEqual([]);
    expect(world.aws.callCounts()['ecs:StopTask'] ?? 0).toBe(0);
    expect(looks() - looksBefore).toBeLessThanOrEqual(18);
    expect(saidSince(world, linesBefore)).toEqual({
      [`error Describing the ECS tasks in cluster '${cluster}' failed`]: 1,
      [`error Describing the ECS tasks in cluster '${cluster}' has been failing`]: 1,
      [`warning The worker is not ready: it may not describe the ECS tasks in cluster '${cluster}'. ${words}.`]: 1,
    });
    expect(world.log[linesBefore]).toContain(`${words}. Grant ecs:DescribeTasks to the worker.`);
    expect(all.map((run) => runLines.filter((line) => line.includes(run)).length)).toEqual(
      all.map(() => 1),
    );
    const toldAfterMs =
      Date.parse(runLines[0]?.slice(0, 24) ?? '') -
      Date.parse(world.log[linesBefore]?.slice(0, 24) ?? '');
    expect(toldAfterMs).toBeGreaterThanOrEqual(5 * 60_000);
    expect(toldAfterMs).toBeLessThanOrEqual(6.25 * 60_000);

    fault[Symbol.dispose]();
    const linesAfter = world.log.length;
    await world.until(
      'all are Crashed',
      () => all.every((run) => world.stateOf(run) === 'Crashed'),
      '2m',
    );
    expect(saidSince(world, linesAfter)).toEqual({
      [`info Describing the ECS tasks in cluster '${cluster}' works again`]: 1,
      'info The worker is ready again.': 1,
    });
  });
});

describe('A run that waits for capacity while ecs:ListTasks is denied', () => {
  it('is neither launched nor Crashed, logs the denial, and starts once allowed', async () => {
    await using world = await World.start();
    world.aws.capacity.fargate(false);
    await world.startWorker({ environment: { PREFECT_ECS_CAPACITY_TIMEOUT_SECONDS: '600' } });
    const [run = ''] = world.schedule();
    await world.until('it waits', () => world.stateOf(run).startsWith('AwaitingCapacity'));
    const fault = world.aws.faults.add({
      operation: 'ecs:ListTasks',
      fault: denied('ecs:ListTasks'),
    });
    const launches = (): number => world.aws.callCounts()['ecs:RunTask'] ?? 0;
    await world.elapse('2m');
    const launchesBefore = launches();
    world.aws.capacity.fargate(true);

    await world.elapse('25m'); // longer than the capacity timeout
    expect(world.statesOf(run)).not.toContain('Crashed');
    expect(launches()).toBe(launchesBefore);
    const said = world.log.filter(
      (line) =>
        line.includes(run) &&
        line.includes('Z worker error ') &&
        line.includes('Grant ecs:ListTasks to the worker.'),
    );
    expect(said.length).toBeGreaterThanOrEqual(3);
    expect(said.length).toBeLessThanOrEqual(4);
    expect(said[0]).toContain(
      ' error Looking for ECS tasks of earlier launches of this flow run failed',
    );

    fault[Symbol.dispose]();
    await world.until('it is over', () => world.stateOf(run) === 'Completed', '5m');
    expect(world.executor.startsOf(run)).toBe(1);
  });
});

describe('A run of a Python worker whose task is unknown while ecs:ListTasks is denied', () => {
  it('is not crashed for a task that no worker could look for', async () => {
    await using world = await World.start();
    await world.startWorker({ environment: { PREFECT_ECS_UNFOUND_TASK_TIMEOUT_SECONDS: '300' } });
    world.aws.faults.add({ operation: 'ecs:ListTasks', fault: denied('ecs:ListTasks') });
    const [run = ''] = world.schedule();
    world.prefect.setState(run, 'PENDING', { clientVersion: '3.8.8' });

    await world.elapse('40m');

    expect(world.stateOf(run)).toBe('Pending');
    const said = world.log.filter(
      (line) => line.includes(run) && line.includes('Grant ecs:ListTasks'),
    );
    expect(said).not.toEqual([]);
  });
});

describe('A worker denied ecs:StopTask while 200 tasks miss their start timeout', () => {
  it('calls it at most every two seconds, delays no launch, and logs it once a run', async () => {
    await using world = await World.start({
      aws: { rateLimits: true, delays: { provisioning: 7_200_000 } },
      leaves: { all: 'the tasks live on while StopTask is denied' },
    });
    const fault = world.aws.faults.add({
      operation: 'ecs:StopTask',
      fault: denied('ecs:StopTask'),
    });
    await world.startWorker();
    const overdue = world.schedule(200);
    const stops = (): number => world.aws.callCounts()['ecs:StopTask'] ?? 0;
    const linesBefore = world.log.length;
    await world.until('the first is denied', () => stops() > 0, '10m');
    await world.elapse('1m');
    const stopsBefore = stops();
    const toldOf = (): ReadonlySet<string> =>
      new Set(
        world.log.filter((line) => line.includes('the worker may not stop it')).flatMap(runsIn),
      );
    // the rest still wait for their turn; their runs' logs say why
    expect(stopsBefore).toBeLessThan(200);
    expect(overdue.filter((run) => !toldOf().has(run))).toEqual([]);

    await world.elapse('10m');
    const told = world.log.filter(
      (line) => line.includes('Z worker error ') && line.includes('the worker may not stop it'),
    );
    expect(stops() - stopsBefore).toBeLessThanOrEqual(300);
    expect(saidSince(world, linesBefore)).toEqual({
      "info Worker 'worker' started!": 1,
      'error Stopping ECS tasks failed': 1,
      'error Stopping ECS tasks has been failing': 1,
    });
    expect(overdue.map((run) => told.filter((line) => line.includes(run)).length)).toEqual(
      overdue.map(() => 1),
    );
    expect(told[0]).toContain(
      'is not authorized to perform: ecs:StopTask. Grant ecs:StopTask to the worker.',
    );

    const late = world.schedule(50);
    await world.until(
      'all are launched',
      () => late.every((run) => world.tasksOf(run).length === 1),
      '30s',
    );
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
