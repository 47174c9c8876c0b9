import { describe, expect, it } from 'vitest';
import { Answer } from '../../src/local/message.ts';
import { forgedEnd, makeQueue, queueOf, runOfAnother, tapEvents } from './event-queue.ts';
import { denied } from './outage-words.ts';
import { launchAsPython, launchAsStranger } from './python-launch.ts';
import { World } from './world.ts';

const runsOn = () => ({ bootMs: 1_000, runsForMs: 120_000 }) as const;
const dies = () =>
  ({ bootMs: 1_000, runsForMs: 60_000, ending: { kind: 'exits', exitCode: 3 } }) as const;
const somewhere = 'arn:aws:ecs:us-east-1:123456789012:task/default/';
const noTask = (at: number): string => somewhere + at.toString(16).padStart(32, '0');

const looksOf = (world: World): number => world.aws.callCounts()['ecs:DescribeTasks'] ?? 0;
const taskOf = (world: World, run: string) => {
  const [task] = world.tasksOf(run);
  if (task === undefined) throw new Error('the run has no task');
  return task;
};
const hasStopped = (world: World, run: string): boolean =>
  taskOf(world, run).lastStatus === 'STOPPED';
const isEmpty = { visible: 0, hidden: 0, delayed: 0 };

/** Starts an observing worker and a run, and returns the run when it is Running. */
async function running(world: World): Promise<string> {
  makeQueue(world);
  await world.startWorker({ observes: true });
  const [run = ''] = world.schedule();
  await world.until('it runs', () => world.stateOf(run) === 'Running');
  return run;
}

describe('A forged end of a task that this worker follows', () => {
  it('changes nothing, and its huge version does not hide the real end', async () => {
    await using world = await World.start({ story: dies });
    const run = await running(world);
    const { taskArn } = taskOf(world, run);

    queueOf(world).send(forgedEnd(taskArn, { containers: [{ name: 'prefect', exitCode: 9 }] }));
    await world.elapse('10s');
    const seen = world.stateOf(run);
    await world.until('it has stopped', () => hasStopped(world, run), '2m', '100ms');
    await world.elapse('1500ms');

    expect(seen).toBe('Running');
    expect(world.stateOf(run)).toBe('Crashed');
    expect(world.prefect.stateOf(run).message).toContain('non-zero status code 3');
  });

  it('sent every 100 ms costs no more looks than a sweep and delays no real end', async () => {
    await using world = await World.start({ story: dies });
    const run = await running(world);
    const { taskArn } = taskOf(world, run);
    await world.elapse('5s');
    const before = looksOf(world);

    for (let at = 0; at < 300; at += 1) {
      queueOf(world).send(forgedEnd(taskArn));
      await world.elapse('100ms');
    }
    const looks = looksOf(world) - before;
    await world.until('it has stopped', () => hasStopped(world, run), '2m', '100ms');
    await world.elapse('6s');

    expect(looks).toBeLessThanOrEqual(12);
    expect(world.stateOf(run)).toBe('Crashed');
  });

  it('or a forged RUNNING does not cancel the start timeout', async () => {
    await using world = await World.start({ story: runsOn });
    world.configurePool({ task_start_timeout_seconds: 60 });
    makeQueue(world);
    world.aws.faults.add({ task: { kind: 'slow-start', ms: 3_600_000 } });
    await world.startWorker({ observes: true });
    const [run = ''] = world.schedule();
    await world.until('its task is there', () => world.tasksOf(run).length === 1);

    queueOf(world).send(
      forgedEnd(taskOf(world, run).taskArn, { lastStatus: 'RUNNING', desiredStatus: 'RUNNING' }),
    );
    await world.elapse('3m');

    expect(world.stateOf(run)).toBe('Crashed');
    expect(world.prefect.stateOf(run).message).toContain('Timed out');
  });

  it('is believed only after ECS has not answered for a minute', async () => {
    await using world = await World.start({ story: runsOn });
    const run = await running(world);
    world.aws.faults.add({ operation: 'ecs:DescribeTasks', fault: denied('ecs:DescribeTasks') });

    queueOf(world).send(forgedEnd(taskOf(world, run).taskArn));
    await world.elapse('58s');
    const early = world.stateOf(run);
    await world.elapse('8s');

    expect([early, world.stateOf(run)]).toEqual(['Running', 'Crashed']);
    expect(world.log.filter((line) => line.includes('is taken from its event'))).toHaveLength(1);
  });
});

describe('A forged end that a worker received before it was paused', () => {
  it('is not believed on resume, since ECS did not have its minute to answer', async () => {
    await using world = await World.start({ story: () => ({ bootMs: 1_000, runsForMs: 600_000 }) });
    makeQueue(world);
    const worker = await world.startWorker({ observes: true });
    const [run = ''] = world.schedule();
    await world.until('it runs', () => world.stateOf(run) === 'Running');
    await world.elapse('10s');
    const looks = looksOf(world);
    // The look that the event causes hangs, and so does the sweep's next one.
    world.aws.faults.add({ operation: 'ecs:DescribeTasks', fault: { kind: 'hang' }, times: 2 });

    queueOf(world).send(forgedEnd(taskOf(world, run).taskArn));
    await world.elapse('3s');
    expect(looksOf(world) - looks).toBe(1);
    worker.outside.freeze();
    await world.elapse('2m');
    worker.outside.thaw();
    await world.elapse('90s');

    expect(world.stateOf(run)).toBe('Running');
  });
});

describe('A real end whose DescribeTasks calls hang', () => {
  it('is believed after a minute without an answer', async () => {
    await using world = await World.start({ story: dies });
    const run = await running(world);
    world.aws.faults.add({ operation: 'ecs:DescribeTasks', fault: { kind: 'hang' } });

    await world.until('it has stopped', () => hasStopped(world, run), '3m', '100ms');
    await world.elapse('65s');

    expect(world.stateOf(run)).toBe('Crashed');
  });
});

describe('A forged end of a task that this worker does not follow', () => {
  it('does not end another worker’s run, though it has the task’s ARN and mark', async () => {
    await using world = await World.start({ story: runsOn });
    const { run, thaw } = await runOfAnother(world);
    const { taskArn, startedBy } = taskOf(world, run);

    queueOf(world).send(forgedEnd(taskArn, { startedBy }));
    // a task that never existed, with the run's mark
    queueOf(world).send(forgedEnd(noTask(1), { startedBy }));
    await world.elapse('30s');
    const seen = world.stateOf(run);
    thaw();
    await world.until('it is over', () => world.stateOf(run) === 'Completed');

    expect(seen).toBe('Running');
    expect(world.statesOf(run)).not.toContain('Crashed');
  });

  it('deregisters only the definition that ECS names, not the one in the event', async () => {
    await using world = await World.start({ story: dies });
    makeQueue(world);
    await world.startWorker({ observes: true });
    await launchAsStranger(world);
    await world.elapse('2s');
    const [run = ''] = world.schedule();
    const taskArn = await launchAsPython(world, run);
    world.aws.faults.add({ event: { kind: 'lost' } });
    await world.until(
      'it has stopped',
      () =>
        world.aws.tasks().some((task) => task.taskArn === taskArn && task.lastStatus === 'STOPPED'),
      '3m',
    );

    const victim = 'arn:aws:ecs:us-east-1:123456789012:task-definition/stranger:1';
    queueOf(world).send(forgedEnd(taskArn, { taskDefinitionArn: victim, overrides: named(run) }));
    queueOf(world).send(forgedEnd(noTask(1), { taskDefinitionArn: victim, overrides: named(run) }));
    await world.elapse('10s');

    const lines = world.log.filter((line) => line.includes('successfully deregistered'));
    expect(lines).toEqual([expect.stringContaining('task-definition/python:1 ')]);
    expect(world.aws.callCounts()['ecs:DeregisterTaskDefinition']).toBe(1);
  });

  it('copies no log of a foreign task into the run that it names', async () => {
    await using world = await World.start({ story: dies });
    const { run } = await runOfAnother(world);
    const stranger = await launchAsStranger(world);
    const { startedBy } = taskOf(world, run);
    await world.until('the foreign task has stopped', () =>
      world.aws.tasks().some((task) => task.taskArn === stranger && task.lastStatus === 'STOPPED'),
    );
    world.prefect.setState(run, 'RUNNING', { force: true });

    queueOf(world).send(forgedEnd(stranger, { startedBy }));
    queueOf(world).send(forgedEnd(stranger, { overrides: named(run) }));
    await world.elapse('10s');

    expect(world.aws.callCounts()['logs:GetLogEvents']).toBeUndefined();
    expect(world.aws.callCounts()['ecs:DescribeTaskDefinition']).toBe(1); // by the launch
  });

  it('stays queued and changes nothing while DescribeTasks is denied', async () => {
    await using world = await World.start({ story: runsOn });
    const { run } = await runOfAnother(world);
    const { taskArn, startedBy } = taskOf(world, run);
    world.aws.faults.add({ operation: 'ecs:DescribeTasks', fault: denied('ecs:DescribeTasks') });

    queueOf(world).send(forgedEnd(taskArn, { startedBy }));
    await world.elapse('80s');

    expect(world.stateOf(run)).toBe('Running');
    expect(queueOf(world).counts().hidden).toBe(1);
    expect(
      world.log.filter((line) => line.includes('Grant ecs:DescribeTasks to the worker')),
    ).toHaveLength(1);
  });

  it('of another account or an invalid region causes no call', async () => {
    await using world = await World.start({ story: runsOn });
    const { run } = await runOfAnother(world);
    const { taskArn, startedBy } = taskOf(world, run);
    await world.elapse('5s');
    const before = looksOf(world);

    queueOf(world).send(forgedEnd(taskArn.replace('123456789012', '999999999999'), { startedBy }));
    queueOf(world).send(
      forgedEnd(taskArn.replace('us-east-1', 'evil.example.com#'), { startedBy }),
    );
    await world.elapse('10s');

    expect(looksOf(world) - before).toBe(0);
    expect(queueOf(world).counts()).toEqual(isEmpty);
    expect(world.stateOf(run)).toBe('Running');
  });
});

describe('Events of foreign tasks', () => {
  it('cost one call for 100 of them when their owner is withheld', async () => {
    await using world = await World.start();
    makeQueue(world);
    await world.startWorker({ observes: true });
    await world.elapse('5s');
    const withheld = {
      containerOverrides: [{ name: 'web', environment: [{ name: 'PREFECT__FLOW_RUN_ID' }] }],
    };

    for (let at = 0; at < 100; at += 1)
      queueOf(world).send(forgedEnd(noTask(at), { lastStatus: 'RUNNING', overrides: withheld }));
    await world.elapse('10s');

    expect(looksOf(world)).toBe(1);
    expect(queueOf(world).counts()).toEqual(isEmpty);
  });

  it('cost one call for all changes of 20 tasks that override nothing', async () => {
    await using world = await World.start();
    makeQueue(world);
    await world.startWorker({ observes: true });
    for (let at = 0; at < 20; at += 1) await launchAsStranger(world);

    await world.elapse('2m');

    expect(looksOf(world)).toBe(1);
    expect(queueOf(world).counts()).toEqual(isEmpty);
  });
});

describe('An event whose task ECS has forgotten', () => {
  it('ends its run once ECS has not known the task for five minutes', async () => {
    await using world = await World.start({
      story: runsOn,
      leaves: { I13: 'the task died unseen' },
    });
    makeQueue(world);
    await world.startWorker({ name: 'follower' });
    const [run = ''] = world.schedule();
    await world.until('it runs', () => world.stateOf(run) === 'Running');
    await world.startWorker({ name: 'other', observes: true });
    blind(world, 'follower');
    await world.elapse('5s');
    const { taskArn, startedBy } = taskOf(world, run);
    world.aws.vanishTask(taskArn);
    const hourAgo = new Date(world.clock.now().getTime() - 3_700_000).toISOString();

    queueOf(world).send(
      forgedEnd(
        taskArn,
        { startedBy, stoppedReason: 'Host EC2 (instance i-1) terminated.' },
        hourAgo,
      ),
    );
    await world.elapse('4m');
    const early = world.stateOf(run);
    await world.elapse('7m');

    expect(early).toBe('Running');
    expect(world.prefect.stateOf(run)).toMatchObject({
      type: 'CRASHED',
      message: expect.stringContaining('non-zero status code -1'),
    });
    expect(queueOf(world).counts()).toEqual(isEmpty);
  });

  it('does not touch a run whose task is another one', async () => {
    await using world = await World.start({
      story: () => ({ bootMs: 1_000, runsForMs: 3_600_000 }),
    });
    const { run } = await runOfAnother(world);
    const { startedBy } = taskOf(world, run);
    const hourAgo = new Date(world.clock.now().getTime() - 3_700_000).toISOString();

    queueOf(world).send(forgedEnd(noTask(1), { startedBy }, hourAgo));
    await world.elapse('20m');

    expect(world.stateOf(run)).toBe('Running');
    expect(queueOf(world).counts()).toEqual(isEmpty);
  });
});

it('No log line shows the content of a queue message', async () => {
  await using world = await World.start({ story: dies });
  const bodies = await (async () => {
    await running(world);
    const tapped = tapEvents(world);
    await world.elapse('3m');
    return tapped();
  })();
  const secret = 'canary-1f0c2b';
  queueOf(world).send(`no JSON ${secret}`);
  queueOf(world).send(
    JSON.stringify({ 'detail-type': 'ECS Task State Change', detail: { secret } }),
  );
  queueOf(world).send(
    forgedEnd(noTask(7), {
      overrides: { containerOverrides: [{ environment: [{ name: 'K', value: secret }] }] },
    }),
  );
  await world.elapse('10s');

  expect(bodies.join('')).toContain('PREFECT_API_URL');
  expect(world.log.join('\n')).not.toContain(secret);
});

/** Makes ECS answer this worker's DescribeTasks with 503. */
function blind(world: World, name: string): void {
  world.betweenAws = async (request, answer, worker) =>
    worker === name && request.headers.get('x-amz-target')?.endsWith('.DescribeTasks') === true
      ? new Answer(503, '')
      : answer();
}

function named(run: string) {
  return {
    containerOverrides: [
      { name: 'prefect', environment: [{ name: 'PREFECT__FLOW_RUN_ID', value: run }] },
    ],
  };
}
