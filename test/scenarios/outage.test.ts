import { describe, expect, it } from 'vitest';
import { Answer, type LocalRequest } from '../../src/local/message.ts';
import { World } from './world.ts';

const shortRuns = { story: () => ({ runsForMs: 10_000 }) };
const anyDefinition = 'arn:aws:ecs:us-east-1:123456789012:task-definition/nightly:1';
const role = 'arn:aws:iam::123456789012:role/nightly';

function wordsOf(action: string, resource: string): string {
  return (
    `User: arn:aws:sts::123456789012:assumed-role/worker/x is not authorized to perform: ${action} on resource: ` +
    `${resource} because no identity-based policy allows the ${action} action`
  );
}

const refusalOf = (action: string): string =>
  `An error occurred (AccessDeniedException) when calling the ${action.split(':')[1] ?? ''} operation`;

const denied = (action: string, resource = anyDefinition) =>
  ({
    kind: 'error',
    status: 400,
    code: 'AccessDeniedException',
    message: wordsOf(action, resource),
  }) as const;

/** Denies RunTask for the requests and workers that `isDenied` chooses. */
function denyWhere(
  world: World,
  isDenied: (input: string, worker: string) => boolean,
  action: string,
  resource: string,
): void {
  world.betweenAws = async (request: LocalRequest, answer, worker) => {
    const isRunTask = request.headers.get('x-amz-target')?.endsWith('.RunTask') === true;
    if (!isRunTask || !isDenied(await request.text(), worker)) return answer();
    const body = { __type: 'AccessDeniedException', message: wordsOf(action, resource) };
    return new Answer(400, JSON.stringify(body), { 'content-type': 'application/x-amz-json-1.1' });
  };
}

const inState = (world: World, runs: readonly string[], name: string): readonly string[] =>
  runs.filter((run) => world.stateOf(run) === name);
const launchedTwice = (world: World, runs: readonly string[]): readonly string[] =>
  runs.filter((run) => world.tasksOf(run).length > 1 || world.executor.startsOf(run) > 1);
const linesWith = (world: World, text: string): readonly string[] =>
  world.log.filter((line) => line.includes(text));

/** Starts a worker, schedules 200 runs while something is wrong, then lets `then` pass. */
async function whileWrong(world: World, begin: () => Disposable, lasting: string, then = '15m') {
  await world.startWorker();
  await world.elapse('20s');
  const wrong = begin();
  const runs = world.schedule(200);
  await world.elapse(lasting);
  const callsMeanwhile = world.aws.callCounts();
  wrong[Symbol.dispose]();
  await world.elapse(then);
  return { runs, callsMeanwhile };
}

describe('None of 200 due runs is crashed or launched twice', () => {
  it.each([
    ['ecs', 'Amazon ECS', 'ecs:DescribeTaskDefinition'],
    ['ec2', 'Amazon EC2', 'ec2:DescribeVpcs'],
  ])('while %s answers 503 for two minutes after a restart', async (service, name, call) => {
    await using world = await World.start(shortRuns);
    const ill = { operation: `${service}:*`, fault: { kind: 'error', status: 503 } } as const;
    const { runs, callsMeanwhile } = await whileWrong(
      world,
      () => world.aws.faults.add(ill),
      '2m',
      '6m',
    );

    expect(inState(world, runs, 'Completed')).toHaveLength(200);
    expect(launchedTwice(world, runs)).toEqual([]);
    // One run tries for all of them; each try is one call with five attempts.
    expect(callsMeanwhile[call]).toBeLessThanOrEqual(30);
    expect(linesWith(world, `warning ${name} is unavailable (`)).toHaveLength(1);
    expect(linesWith(world, '200 flow runs are on hold.')).toHaveLength(1);
    expect(linesWith(world, `This flow run is on hold: ${name} is unavailable`)).toHaveLength(200);
    expect(linesWith(world, `info ${name} works again after`)).toHaveLength(1);
    expect(linesWith(world, 'Z worker error ')).toEqual([]);
  });

  it('while STS, which is asked for the account alone, never answers', async () => {
    await using world = await World.start(shortRuns);
    const silent = { operation: 'sts:*', fault: { kind: 'hang' } } as const;
    const { runs } = await whileWrong(world, () => world.aws.faults.add(silent), '2m', '1m');

    expect(inState(world, runs, 'Completed')).toHaveLength(200);
    expect(launchedTwice(world, runs)).toEqual([]);
    expect(linesWith(world, 'Z worker error ')).toEqual([]);
  });

  it.each([
    ['refuses with 503', { kind: 'error', status: 503 }],
    ['never answers', { kind: 'hang' }],
  ] as const)(
    'while STS, which the pool’s role comes from, %s for five minutes',
    async (_how, fault) => {
      await using world = await World.start(shortRuns);
      const keys = {
        aws_access_key_id: '123456789012',
        aws_secret_access_key: 'x',
        region_name: 'us-east-1',
      };
      world.configurePool({ aws_credentials: { ...keys, assume_role_arn: role } });
      const { runs } = await whileWrong(
        world,
        () => world.aws.faults.add({ operation: 'sts:*', fault }),
        '5m',
      );

      expect(inState(world, runs, 'Completed')).toHaveLength(200);
      expect(launchedTwice(world, runs)).toEqual([]);
      expect(linesWith(world, 'This flow run is on hold: ')).toHaveLength(200);
      expect(linesWith(world, 'Z worker error ')).toEqual([]);
    },
  );

  it('while Prefect answers 503 when their deployment is read', async () => {
    await using world = await World.start(shortRuns);
    const ill = {
      operation: 'GET /deployments/{id}',
      fault: { kind: 'error', status: 503 },
    } as const;
    const { runs } = await whileWrong(world, () => world.prefect.faults.add(ill), '5m', '6m');

    expect(inState(world, runs, 'Completed')).toHaveLength(200);
    expect(launchedTwice(world, runs)).toEqual([]);
    expect(linesWith(world, 'Z worker error ')).toEqual([]);
  });
});

describe('None of 200 runs is crashed when the worker’s machine gives no credentials', () => {
  const identity = { accessKeyId: '123456789012', secretAccessKey: 'x' };

  /** Plays 200 runs during 5 minutes in which `source` answers for the machine's credentials. */
  async function given(world: World, source: () => Promise<typeof identity>, isWarm: boolean) {
    let isWrong = false;
    // Expired credentials make the SDK ask its source again at every call.
    const expired = { ...identity, expiration: new Date(0) };
    world.credentialSource = () => (isWrong ? source() : Promise.resolve(expired));
    world.configurePool({ aws_credentials: { region_name: 'us-east-1' } });
    await world.startWorker();
    if (isWarm) world.schedule();
    await world.elapse('1m');
    isWrong = true;
    const runs = world.schedule(200);
    await world.elapse('5m');
    isWrong = false;
    await world.elapse('20m');
    return runs;
  }

  it.each([
    ['before the definition is registered', false],
    ['before RunTask', true],
  ])('because their source is silent for five minutes, %s', async (_when, isWarm) => {
    await using world = await World.start(shortRuns);
    const runs = await given(world, () => new Promise(() => undefined), isWarm);

    expect(inState(world, runs, 'Completed')).toHaveLength(200);
    expect(launchedTwice(world, runs)).toEqual([]);
    const none = 'Unable to locate credentials (the credential source did not answer within 20 s)';
    expect(
      linesWith(world, `warning AWS credentials are temporarily unavailable (${none}`).length,
    ).toBeGreaterThan(0);
    expect(
      linesWith(
        world,
        `The worker is not ready: No working AWS credentials are available (${none}`,
      ),
    ).toHaveLength(1);
    expect(
      linesWith(world, `error No working AWS credentials are available (${none}`).length,
    ).toBeGreaterThanOrEqual(3);
    expect(linesWith(world, 'info AWS credentials work again after')).toHaveLength(1);
    expect(linesWith(world, 'Cannot tell whether ECS started')).toEqual([]);
  });

  it('because a file is missing, which is logged at once', async () => {
    await using world = await World.start(shortRuns);
    const missing = Object.assign(new Error("ENOENT: no such file, open '/run/token'"), {
      code: 'ENOENT',
    });
    const runs = await given(world, () => Promise.reject(missing), false);

    expect(inState(world, runs, 'Completed')).toHaveLength(200);
    expect(
      linesWith(
        world,
        "error No working AWS credentials are available (Unable to locate credentials (ENOENT: no such file, open '/run/token')",
      ).length,
    ).toBeGreaterThanOrEqual(4);
    expect(linesWith(world, 'AWS credentials are temporarily unavailable')).toEqual([]);
  });
});

describe('At most three of 200 due runs are crashed, and none is launched twice', () => {
  it.each([
    ['ecs:RunTask', 'ecs:RunTask', 35],
    ['ecs:RegisterTaskDefinition', 'ecs:RegisterTaskDefinition', 12],
  ])('while %s is denied for ten minutes', async (operation, action, mostCalls) => {
    await using world = await World.start(shortRuns);
    const rule = { operation, fault: denied(action) };
    const { runs, callsMeanwhile } = await whileWrong(
      world,
      () => world.aws.faults.add(rule),
      '10m',
    );

    expect(inState(world, runs, 'Completed')).toHaveLength(197);
    expect(inState(world, runs, 'Crashed')).toHaveLength(3);
    expect(launchedTwice(world, runs)).toEqual([]);
    expect(callsMeanwhile[operation]).toBeLessThanOrEqual(mostCalls);
    expect(
      linesWith(
        world,
        `The worker is not ready: AWS denies ${action} (${refusalOf(action)}: User: `,
      ),
    ).toHaveLength(1);
    const told = linesWith(world, `error AWS denies ${action} (${refusalOf(action)}`);
    expect(told.length).toBeGreaterThanOrEqual(10); // once a minute
    expect(told.at(1)).toContain(
      `Allow ${action} in a policy of the role or user that AWS names here. 197 flow runs are on hold`,
    );
    expect(linesWith(world, `This flow run is on hold: AWS denies ${action}`)).toHaveLength(197);
    expect(linesWith(world, `info AWS allows ${action} again after`)).toHaveLength(1);
    expect(linesWith(world, 'The worker is ready again.')).toHaveLength(1);
  });

  it('while iam:PassRole is denied for their role, and runs with another role go on', async () => {
    await using world = await World.start(shortRuns);
    let isDenied = true;
    denyWhere(world, (input) => isDenied && input.includes(role), 'iam:PassRole', role);
    const own = world.prefect.createDeployment({
      pool: 'pool',
      name: 'own',
      jobVariables: { task_role_arn: role },
    });
    await world.startWorker();
    const runs = world.schedule(200, own);
    await world.elapse('5m');
    const others = world.schedule(5);
    await world.elapse('1m');
    expect(inState(world, others, 'Completed')).toHaveLength(5);
    expect(world.aws.callCounts()['ecs:RunTask']).toBeLessThan(40);
    isDenied = false;
    // less than the 10 minutes after which runs that name the role are crashed
    await world.elapse('150s');

    expect(inState(world, runs, 'Completed')).toHaveLength(197);
    expect(launchedTwice(world, runs)).toEqual([]);
    expect(linesWith(world, 'The worker is not ready')).toEqual([]);
  });
});

describe('A denied permission', () => {
  it('for a cluster that runs name holds them for ten minutes, then crashes each', async () => {
    await using world = await World.start(shortRuns);
    denyWhere(world, (input) => input.includes('"cluster":"theirs"'), 'ecs:RunTask', anyDefinition);
    const own = world.prefect.createDeployment({
      pool: 'pool',
      name: 'own',
      jobVariables: { cluster: 'theirs' },
    });
    await world.startWorker();
    const runs = world.schedule(20, own);
    await world.elapse('9m');
    expect(inState(world, runs, 'Crashed')).toHaveLength(3);
    const others = world.schedule(5);
    await world.elapse('4m');

    expect(inState(world, runs, 'Crashed')).toHaveLength(20);
    expect(inState(world, others, 'Completed')).toHaveLength(5);
    expect(linesWith(world, 'The worker is not ready')).toEqual([]);
    expect(linesWith(world, "AWS denies ecs:RunTask for 'theirs'").length).toBeGreaterThan(10);
  });

  it('crashes no run with an unanswered RunTask, and repeats its token when allowed', async () => {
    await using world = await World.start(shortRuns);
    world.aws.faults.add({ operation: 'ecs:RunTask', fault: { kind: 'reset-before' }, times: 1 });
    const denial = world.aws.faults.add({ operation: 'ecs:RunTask', fault: denied('ecs:RunTask') });
    await world.startWorker();
    const [run = ''] = world.schedule();
    await world.elapse('90s');
    expect(world.stateOf(run)).toBe('Submitting');
    denial[Symbol.dispose]();
    await world.elapse('5m');

    expect(world.stateOf(run)).toBe('Completed');
    expect(world.tasksOf(run)).toHaveLength(1);
  });

  it('crashes no claim of a dead worker, which is launched when allowed', async () => {
    await using world = await World.start(shortRuns);
    await world.startWorker({ killAt: { call: 1, when: 'after', sinceClaim: true } });
    const [run = ''] = world.schedule();
    await world.elapse('30s');
    const denial = world.aws.faults.add({ operation: 'ecs:RunTask', fault: denied('ecs:RunTask') });
    await world.startWorker();
    const others = world.schedule(5);
    await world.elapse('8m');
    expect(world.stateOf(run)).toBe('Pending');
    expect(inState(world, others, 'Crashed')).toHaveLength(3);
    expect(world.prefect.run(run).labels['prefect.ecs.follower']).toMatch(/^[0-9a-f-]{36} - -$/);
    denial[Symbol.dispose]();
    await world.elapse('20m');

    expect(world.stateOf(run)).toBe('Completed');
    expect(world.tasksOf(run)).toHaveLength(1);
  });
});

it('A claim adopted by a worker without permission is launched by one that has it', async () => {
  await using world = await World.start(shortRuns);
  denyWhere(world, (_input, worker) => worker === 'without', 'ecs:RunTask', anyDefinition);
  await world.startWorker({ name: 'dead', killAt: { call: 1, when: 'after', sinceClaim: true } });
  const [run = ''] = world.schedule();
  await world.elapse('30s');
  await world.startWorker({ name: 'without' });
  const others = world.schedule(10);
  await world.elapse('4m');
  await world.startWorker({ name: 'with' });
  await world.elapse('25m');

  expect(world.stateOf(run)).toBe('Completed');
  expect(inState(world, others, 'Completed')).toHaveLength(7);
  expect(launchedTwice(world, [run, ...others])).toEqual([]);
});

it('A dead worker’s claim stays active while ECS is down and is launched later', async () => {
  await using world = await World.start(shortRuns);
  await world.startWorker({ killAt: { call: 1, when: 'after', sinceClaim: true } });
  const [run = ''] = world.schedule();
  await world.elapse('30s');
  const outage = world.aws.faults.add({
    operation: 'ecs:Describe*',
    fault: { kind: 'error', status: 503 },
  });
  await world.startWorker();
  await world.elapse('10m');
  expect(world.stateOf(run)).toBe('Pending');
  outage[Symbol.dispose]();
  await world.elapse('5m');

  expect(world.stateOf(run)).toBe('Completed');
  expect(world.tasksOf(run)).toHaveLength(1);
});
