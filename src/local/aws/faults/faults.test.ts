import { describe, expect, it } from 'vitest';
import { Disconnect } from '../../disconnect.ts';
import { awsWorld } from '../aws-world.test-support.ts';

const control = (method: string, body?: unknown) =>
  new Request('http://127.0.0.1/_local/faults', {
    method,
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });

async function ec2(world: ReturnType<typeof awsWorld>, form: string) {
  const response = await world.aws.handle(
    new Request('http://127.0.0.1/', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form,
    }),
  );
  return { status: response.status, text: await response.text() };
}

describe('Faults of calls', () => {
  it('throttle and fail in the form of each protocol', async () => {
    await using world = awsWorld();
    world.aws.faults.addAll([
      { operation: 'ecs:ListTasks', fault: { kind: 'throttle' }, times: 1 },
      { operation: 'ec2:*', fault: { kind: 'throttle' }, times: 1 },
      { operation: 'ecs:ListTasks', fault: { kind: 'error', status: 500 }, times: 1 },
      {
        operation: 'ecs:ListTasks',
        fault: { kind: 'error', status: 400, code: 'ExpiredTokenException', message: 'gone' },
      },
    ]);

    expect(await world.ecs('ListTasks')).toMatchObject({
      __type: 'ThrottlingException',
      message: 'Rate exceeded',
    });
    expect(await world.ecs('ListTasks')).toMatchObject({ status: 500, __type: 'ServerException' });
    expect(await world.ecs('ListTasks')).toMatchObject({
      __type: 'ExpiredTokenException',
      message: 'gone',
    });
    const refused = await ec2(world, 'Action=DescribeVpcs');
    expect(refused.status).toBe(503);
    expect(refused.text).toContain('<Code>RequestLimitExceeded</Code>');
  });

  it('lose the answer after the work, and a repeated token finds the task', async () => {
    await using world = awsWorld();
    await world.register();
    using _rule = world.aws.faults.add({
      operation: 'ecs:RunTask',
      fault: { kind: 'reset-after' },
      times: 1,
    });

    await expect(world.run({ clientToken: 't' })).rejects.toThrow(Disconnect);
    const { tasks } = await world.run({ clientToken: 't' });

    expect(world.aws.tasks().map(({ taskArn }) => taskArn)).toEqual([tasks[0].taskArn]);
    expect(world.aws.callCounts()['ecs:RunTask']).toBe(2);
  });

  it('return a recorded answer to the byte and do nothing', async () => {
    await using world = awsWorld();
    await world.register();
    const body = '{"failures":[{"reason":"RESOURCE:FARGATE"}],"tasks":[]}';
    world.aws.faults.add({
      operation: 'ecs:RunTask',
      fault: { kind: 'answer', status: 200, body },
      times: 1,
    });

    expect((await world.run()).failures).toEqual([{ reason: 'RESOURCE:FARGATE' }]);
    expect(world.aws.tasks()).toEqual([]);
    expect((await world.run()).tasks).toHaveLength(1);
  });

  it('end when they are disposed of', async () => {
    await using world = awsWorld();
    const rule = world.aws.loseAnswers('ecs:ListTasks', 1);
    await expect(world.ecs('ListTasks')).rejects.toThrow(Disconnect);
    rule[Symbol.dispose]();

    expect((await world.ecs('ListTasks')).status).toBe(200);
  });
});

describe('Faults of tasks', () => {
  it.each([
    [{ kind: 'start-failure', failure: 'image-pull' }, 'TaskFailedToStart'],
    [{ kind: 'start-failure', failure: { reason: 'InternalError: x' } }, 'TaskFailedToStart'],
    [{ kind: 'out-of-memory', afterMs: 10 }, 'EssentialContainerExited'],
    [{ kind: 'spot-interruption', afterMs: 10 }, 'SpotInterruption'],
    [{ kind: 'host-retired', afterMs: 10 }, 'InfrastructureHealth'],
    [{ kind: 'host-lost', afterMs: 10 }, 'InfrastructureHealth'],
  ] as const)('end a task: %j', async (task, stopCode) => {
    await using world = awsWorld();
    await world.register();
    world.aws.faults.add({ task, family: 'job', times: 1 });
    await world.run();
    await world.run();
    await world.clock.elapse(200_000);

    expect(world.aws.tasks().map((view) => view.stopCode)).toEqual([stopCode, undefined]);
  });

  it('delay a start', async () => {
    await using world = awsWorld();
    await world.register();
    world.aws.faults.add({ task: { kind: 'slow-start', ms: 60_000 } });
    await world.run();

    await world.clock.elapse(60_000);
    expect(world.aws.tasks()[0]?.lastStatus).toBe('PENDING');
    await world.clock.elapse(500);
    expect(world.aws.tasks()[0]?.lastStatus).toBe('RUNNING');
  });
});

describe('The control endpoint', () => {
  it('accepts a rule or a list of rules, and clears them', async () => {
    await using world = awsWorld();
    const rule = { operation: 'ecs:ListTasks', fault: { kind: 'throttle' } };

    expect(await (await world.aws.handle(control('POST', rule))).json()).toEqual({ added: 1 });
    expect((await world.ecs('ListTasks')).status).toBe(400);
    await world.aws.handle(control('DELETE'));
    expect((await world.ecs('ListTasks')).status).toBe(200);
    await world.aws.handle(
      control('POST', [rule, { event: { kind: 'lost' } }, { log: { kind: 'gap' } }]),
    );
    expect((await world.ecs('ListTasks')).status).toBe(400);
  });

  it.each([
    { fault: { kind: 'throttle' } },
    { operation: 'x', fault: { kind: 'nonsense' } },
    'text',
    { task: 1 },
  ])('refuses %j and explains why', async (rule) => {
    await using world = awsWorld();

    const response = await world.aws.handle(control('POST', rule));

    expect(response.status).toBe(400);
    expect((await response.json()) as object).toHaveProperty('message');
  });
});

it('An unsupported operation is refused, and logged once by its name', async () => {
  const lines: string[] = [];
  const log = {
    isDebugging: true,
    debug: ignore,
    info: ignore,
    error: ignore,
    warning: (text: string) => void lines.push(text),
  };
  await using world = awsWorld({ log: { ...log, child: () => ({ ...log, child: never }) } });

  const answers = [await world.ecs('CreateService'), await world.ecs('CreateService')];

  expect(answers.map(({ __type }) => __type)).toEqual([
    'UnknownOperationException',
    'UnknownOperationException',
  ]);
  expect(lines).toEqual(['the local AWS does not support ecs:CreateService']);
});

function ignore(): void {}
function never(): never {
  throw new Error('not used');
}
