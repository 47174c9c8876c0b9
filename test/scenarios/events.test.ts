import { describe, expect, it } from 'vitest';
import { makeQueue, queueOf, runOfAnother } from './event-queue.ts';
import { launchAsPython, stopTask } from './python-launch.ts';
import { World, type WorldOptions } from './world.ts';

const slowly: WorldOptions['aws'] = {
  delays: { provisioning: 20_000, pending: 20_000, deprovisioning: 20_000 },
};
const dies = () =>
  ({ bootMs: 1_000, runsForMs: 30_000, ending: { kind: 'exits', exitCode: 3 } }) as const;
const exitMessage =
  'Flow run infrastructure exited with non-zero status code 3. Process exited with an unexpected status code.';

const told = (world: World) =>
  world.prefect.events.filter(({ event }) => event.startsWith('prefect.ecs.task.'));

describe('A worker that observes its tasks’ events', () => {
  it('emits each change once and in order to Prefect, with two DescribeTasks calls', async () => {
    await using world = await World.start({ story: () => ({ runsForMs: 30_000 }) });
    makeQueue(world);
    await world.startWorker({ observes: true });
    const [run = ''] = world.schedule();

    await world.until('it is over', () => world.stateOf(run) === 'Completed');
    await world.elapse('30s');

    const events = told(world);
    expect(events.map(({ event }) => event.replace('prefect.ecs.task.', ''))).toEqual([
      'provisioning',
      'pending',
      'activating',
      'running',
      'running', // the task is RUNNING still, its container has exited
      'deactivating',
      'stopping',
      'deprovisioning',
      'stopped',
    ]);
    expect(events.map(({ follows }) => follows)).toEqual([
      null,
      ...events.slice(0, -1).map(({ id }) => id),
    ]);
    expect(events[0]?.related.map((resource) => resource['prefect.resource.role'])).toEqual([
      'flow-run',
      'deployment',
      'flow',
      'work-pool',
      'worker',
    ]);
    expect(queueOf(world).counts()).toEqual({ visible: 0, hidden: 0, delayed: 0 });
    // one confirms that it runs, one that it has stopped
    expect(world.aws.callCounts()['ecs:DescribeTasks']).toBe(2);
  });

  it('reports a crash within 1.5 s of its event while its sweep sleeps a minute', async () => {
    await using world = await World.start({ story: dies });
    makeQueue(world);
    await world.startWorker({ observes: true });
    const [run = ''] = world.schedule();

    await world.until(
      'its task has stopped',
      () => world.tasksOf(run)[0]?.lastStatus === 'STOPPED',
      '2m',
      '100ms',
    );
    await world.elapse('1500ms');

    expect(world.prefect.stateOf(run)).toMatchObject({
      type: 'CRASHED',
      message: expect.stringContaining(exitMessage),
    });
    expect(world.log.filter((line) => line.includes('ecs.'))).not.toEqual([]);
  });

  it('shows once what a task waits for when it waits longer than 30 s', async () => {
    await using world = await World.start({ aws: slowly, story: () => ({ runsForMs: 30_000 }) });
    makeQueue(world);
    await world.startWorker({ observes: true });
    const [run = ''] = world.schedule();

    await world.until('it is over', () => world.stateOf(run) === 'Completed');

    const waits = world.prefect.history(run).filter(({ name }) => name === 'InfrastructurePending');
    expect(waits.map(({ message }) => message)).toEqual(['ECS task is pending.']);
  });

  it('deletes messages that concern no flow run’s task, without a call to ECS', async () => {
    await using world = await World.start();
    makeQueue(world);
    await world.startWorker({ observes: true });
    const foreign = {
      'detail-type': 'ECS Task State Change',
      detail: {
        taskArn: 'arn:aws:ecs:us-east-1:123456789012:task/default/00000000000000000000000000000000',
        lastStatus: 'STOPPED',
        containers: [{ name: 'prefect', exitCode: 1 }],
        overrides: { containerOverrides: [{ name: 'prefect', environment: [] }] },
      },
    };
    for (const body of [
      'no JSON',
      '[]',
      '{"detail-type":"ECS Deployment"}',
      '{}',
      JSON.stringify(foreign),
    ])
      queueOf(world).send(body);

    await world.elapse('10s');

    expect(queueOf(world).counts()).toEqual({ visible: 0, hidden: 0, delayed: 0 });
    expect(world.aws.callCounts()['ecs:DescribeTasks']).toBeUndefined();
    expect(told(world)).toEqual([]);
    expect(world.log.filter((line) => line.includes('not a JSON object'))).toHaveLength(2);
  });

  it('looks for a missing queue every five minutes, and logs a warning', async () => {
    await using world = await World.start({ story: dies });
    await world.startWorker({ observes: true });
    await world.elapse('4m');
    const warnings = world.log.filter((line) => line.includes('does not exist in region'));
    makeQueue(world);
    await world.elapse('2m');
    const [run = ''] = world.schedule();

    await world.until('it is over', () => world.stateOf(run) === 'Crashed');

    expect(warnings).toEqual([
      expect.stringContaining(
        "warning SQS queue 'prefect-ecs-tasks-events' does not exist in region 'us-east-1'.",
      ),
    ]);
    expect(told(world)).not.toEqual([]);
  });

  it('deletes no message whose effect Prefect did not store', async () => {
    await using world = await World.start({ story: dies });
    makeQueue(world);
    await world.startWorker({ observes: true });
    await world.elapse('2s'); // past the startup round, which would adopt the run
    const [run = ''] = world.schedule();
    await launchAsPython(world, run);
    world.prefect.faults.add({
      operation: 'POST /flow_runs/{id}/set_state',
      fault: { kind: 'error', status: 500 },
    });
    await world.elapse('2m');
    const kept = queueOf(world).counts().hidden;
    world.prefect.faults.clear();

    await world.elapse('6m');

    expect(kept).toBe(1);
    expect(world.stateOf(run)).toBe('Crashed');
    expect(queueOf(world).counts()).toEqual({ visible: 0, hidden: 0, delayed: 0 });
    expect(
      world.log.filter((line) => line.includes('Failed to process ECS observer message')),
    ).not.toEqual([]);
  });
});

describe('An event of a task that another worker follows', () => {
  it('is reported once ECS has confirmed it, with the follower’s message', async () => {
    await using world = await World.start({ story: dies });
    const { run, thaw } = await runOfAnother(world);

    await world.until(
      'its task has stopped',
      () => world.tasksOf(run)[0]?.lastStatus === 'STOPPED',
      '2m',
      '100ms',
    );
    await world.elapse('2s');
    const seen = world.prefect.stateOf(run);
    thaw();
    await world.elapse('2m');

    expect(seen).toMatchObject({ type: 'CRASHED', message: expect.stringContaining(exitMessage) });
    expect(world.statesOf(run).filter((name) => name === 'Crashed')).toHaveLength(1);
    const workers = told(world).map(({ related }) => related.at(-1)?.['prefect.resource.name']);
    expect([...new Set(workers)]).toEqual(['follower']);
  });

  it('does not touch the run if it belongs to an older claim', async () => {
    await using world = await World.start({ aws: slowly, story: dies });
    makeQueue(world);
    await world.startWorker({ observes: true });
    const [run = ''] = world.schedule();
    await world.until('it runs', () => world.stateOf(run) === 'Running');
    const body = JSON.stringify({
      id: '3317b2af-7005-947d-b652-f55e762e571a',
      'detail-type': 'ECS Task State Change',
      detail: {
        taskArn: 'arn:aws:ecs:us-east-1:123456789012:task/default/00000000000000000000000000000000',
        lastStatus: 'STOPPED',
        startedBy: `prefect/${run}/0f9de17a-6465-404e-8b1b-2356dc13c2f8`,
        containers: [{ name: 'prefect', exitCode: 1 }],
      },
    });

    queueOf(world).send(body);
    await world.elapse('5s');

    expect(world.stateOf(run)).toBe('Running');
    expect(queueOf(world).counts().hidden).toBe(1); // kept: ECS may list the task later
  });
});

describe('An event of a task that a Python worker launched', () => {
  it('crashes the run as the Python observer does, and deregisters its definition', async () => {
    await using world = await World.start({ story: dies });
    makeQueue(world);
    await world.startWorker({ observes: true });
    await world.elapse('2s');
    const [run = ''] = world.schedule();
    const taskArn = await launchAsPython(world, run);

    await world.until('it crashed', () => world.stateOf(run) === 'Crashed', '2m');
    await world.elapse('10s');

    expect(world.prefect.stateOf(run).message).toBe(
      "The following containers stopped with a non-zero exit code: ['prefect']",
    );
    expect(
      world.log.filter((line) => line.includes('Essential container exited: ')).join(),
    ).toContain(' Resolution: ');
    expect(world.log.filter((line) => line.includes('successfully deregistered'))).toHaveLength(1);
    expect(world.statesOf(run)).toContain('InfrastructurePending');
    const [first] = told(world);
    expect(first).toMatchObject({
      event: 'prefect.ecs.task.provisioning',
      resource: { 'ecs.taskArn': taskArn },
      related: expect.arrayContaining([
        expect.objectContaining({ 'prefect.resource.id': `prefect.flow-run.${run}` }),
      ]),
    });
    // Two looks: an event alone never decides an end or a deregistration.
    expect(world.aws.callCounts()['ecs:DescribeTasks']).toBe(2);
  });

  it('deregisters its definition even when ECS has deleted the stopped task’s tags', async () => {
    await using world = await World.start({ aws: slowly });
    makeQueue(world);
    await world.startWorker({ observes: true });
    await world.elapse('2s');
    const [run = ''] = world.schedule();
    const taskArn = await launchAsPython(world, run);
    await world.until('it runs', () => world.stateOf(run) === 'Running', '2m');

    await stopTask(world, taskArn);
    await world.elapse('3m');

    expect(world.log.filter((line) => line.includes('successfully deregistered'))).toHaveLength(1);
  });

  it('does not touch a run that was claimed again', async () => {
    await using world = await World.start({ aws: slowly, story: dies });
    makeQueue(world);
    await world.startWorker({ observes: true });
    await world.elapse('2s'); // past the startup round, which would adopt the run
    const [run = ''] = world.schedule();
    await launchAsPython(world, run);
    await world.elapse('70s');
    world.prefect.setState(run, 'SCHEDULED', { force: true });
    world.prefect.setState(run, 'PENDING', { clientVersion: '3.8.8' });

    await world.elapse('2m');

    expect(world.stateOf(run)).toBe('Pending');
    expect(queueOf(world).counts()).toEqual({ visible: 0, hidden: 0, delayed: 0 });
  });
});
