import { Answer } from '../../src/local/message.ts';
import { describe, expect, it } from 'vitest';
import { JsonRecord } from '../../src/core/prefect/json.ts';
import type { JsonObject } from '../../src/kernel/json.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { World, type WorldOptions } from './world.ts';

const executionRole = 'arn:aws:iam::123456789012:role/execution';
const logged = { configure_cloudwatch_logs: true, execution_role_arn: executionRole };
const toPrefect = { PREFECT_LOGGING_TO_API_ENABLED: 'true' };

interface LogRow {
  readonly name: string;
  readonly level: number;
  readonly message: string;
}

/** Reads Prefect's log of a run, or of all runs, page by page, oldest first. */
async function logOf(world: World, run?: string): Promise<readonly LogRow[]> {
  const response = await world.prefect.handle(
    new Request('http://prefect.local/api/logs/filter', {
      method: 'POST',
      body: JSON.stringify({
        ...(run !== undefined && { logs: { flow_run_id: { any_: [run] } } }),
        limit: 200,
        sort: 'TIMESTAMP_DESC',
      }),
    }),
  );
  return ((await response.json()) as LogRow[]).toReversed(); // the local server's own rows
}

/** The lines of Prefect's log that come from the run's container. */
async function saidInPrefect(world: World, run: string) {
  const rows = await logOf(world, run);
  return rows
    .filter(({ name }) => name === 'prefect.flow_runs.observer')
    .map(({ level, message }) => ({ level, message }));
}

/** Throttles a share of log reads, and counts those that AWS throttles by its own limits. */
function throttleSome(world: World, share: number): { ofItsOwn: number } {
  const counted = { ofItsOwn: 0 };
  const random = seededRandom(3);
  const body = JSON.stringify({ __type: 'ThrottlingException', message: 'Rate exceeded' });
  world.betweenAws = async (request, answer) => {
    if (request.headers.get('x-amz-target')?.startsWith('Logs_') !== true) return answer();
    if (random.next() < share) return new Answer(400, body);
    const response = await answer();
    if (response.status === 400 && response.body.includes('ThrottlingException'))
      counted.ofItsOwn += 1;
    return response;
  };
  return counted;
}

/** Sets the log driver in the pool's template, as a user would. */
function withLogConfiguration(world: World, logConfiguration: JsonObject): void {
  const text = JSON.stringify(world.prefect.pool('pool').base_job_template);
  const template = JsonRecord.parse(
    JSON.parse(text, (key, value: unknown) =>
      key === 'containerDefinitions' && Array.isArray(value)
        ? value.map((container: object) => ({ ...container, logConfiguration }))
        : value,
    ),
  );
  world.prefect.updatePool('pool', { base_job_template: template });
}

describe('Streamed output', () => {
  const tasks = 200;
  const lines = 150;
  const everyMs = 20;

  it(`of ${tasks} containers is shown whole, in order and once within AWS's limits`, async () => {
    const textOf = (run: string, at: number): string => `${run} ${at} ${'ünï✓'.repeat(at % 7)}`;
    const speech = (run: string) =>
      Array.from({ length: lines }, (_, at) => ({ afterMs: at * everyMs, text: textOf(run, at) }));
    await using world = await World.start({
      aws: { rateLimits: true },
      story: () => ({ runsForMs: lines * everyMs }),
      speech,
    });
    world.configurePool({ ...logged, stream_output: true });
    for (const log of [{ kind: 'late', ms: 2_000 }, { kind: 'empty-page' }] as const) {
      world.aws.faults.add({ log, probability: 0.02 });
    }
    const throttles = throttleSome(world, 0.1);
    const runs = world.schedule(tasks);
    await world.startWorker();

    await world.until(
      'all have ended',
      () => runs.every((run) => world.stateOf(run) === 'Completed'),
      '20m',
      '10s',
    );
    await world.until('all is shown', () => world.output.length >= tasks * lines, '5m', '5s');

    const shown = new Map<string, string[]>(runs.map((run) => [run, []]));
    for (const { flowRunId, message } of world.output) shown.get(flowRunId)?.push(message);
    const numberOf = (message: string): number => Number(message.split(' ')[1]);
    for (const run of runs) {
      const written = speech(run).map(({ text }) => text);
      const all = shown.get(run) ?? [];
      expect(all.toSorted((one, other) => numberOf(one) - numberOf(other))).toEqual(written);
    }
    expect(throttles.ofItsOwn).toBe(0);
  });

  it('of quiet containers costs one call for a hundred, and misses no later line', async () => {
    const speech = () => [
      { afterMs: 0, text: 'here' },
      { afterMs: 150_000, text: 'still here' },
    ];
    await using world = await World.start({ story: () => ({ runsForMs: 300_000 }), speech });
    world.configurePool({ ...logged, stream_output: true });
    const runs = world.schedule(20);
    await world.startWorker();

    await world.until(
      'all have ended',
      () => runs.every((run) => world.stateOf(run) === 'Completed'),
      '20m',
      '10s',
    );
    await world.elapse('1m');

    const calls = world.aws.callCounts();
    expect(world.output).toHaveLength(40);
    // Reading each container every 5 s would be 1,200 calls. One round in ten does read them all.
    expect(calls['logs:GetLogEvents'] ?? 0).toBeLessThan(500);
    expect(calls['logs:FilterLogEvents'] ?? 0).toBeLessThan(80);
  });

  it('also goes to Prefect’s log at each line’s level when a setting asks for it', async () => {
    const speech = () => [
      { afterMs: 0, text: '12:00:00.000 | WARNING | careful' },
      { afterMs: 0, text: 'plain' },
    ];
    await using world = await World.start({ speech });
    world.configurePool({ ...logged, stream_output: true });
    const [run = ''] = world.schedule();
    await world.startWorker({
      environment: { ...toPrefect, PREFECT_ECS_STREAM_OUTPUT_TO_RUN_LOGS: 'true' },
    });

    await world.until('it has ended', () => world.stateOf(run) === 'Completed');
    await world.elapse('1m');

    const entries = await logOf(world, run);
    expect(entries.filter(({ name }) => name === 'prefect.ecs.output')).toMatchObject([
      { level: 30, message: '12:00:00.000 | WARNING | careful' },
      { level: 20, message: 'plain' },
    ]);
  });

  describe('of a container that fails', () => {
    const written = Array.from({ length: 30 }, (_, at) => `line ${at}.`);
    const failing = () =>
      World.start({
        story: () => ({ runsForMs: 3_000, ending: { kind: 'exits', exitCode: 3 } }),
        speech: () => written.map((text, at) => ({ afterMs: at * 100, text })),
      });
    const crashed = async (world: World, environment: Readonly<Record<string, string>>) => {
      world.configurePool({ ...logged, stream_output: true });
      const [run = ''] = world.schedule();
      await world.startWorker({ environment: { ...toPrefect, ...environment } });
      await world.until(
        'its end is logged',
        () => world.log.some((line) => line.includes("Container 'prefect' exited with")),
        '10m',
        '100ms',
      );
      const before = world.output.map(({ message }) => message);
      await world.until('it has crashed', () => world.stateOf(run) === 'Crashed');
      await world.elapse('1m');
      return { before, said: await logOf(world, run) };
    };

    it('is complete before the end is logged, and is shown once', async () => {
      await using world = await failing();

      const { before, said } = await crashed(world, {});

      expect(before).toEqual(written);
      expect(world.output).toHaveLength(written.length);
      expect(world.log.filter((line) => line.includes('line 29.'))).toEqual([]);
      expect(said.filter(({ message }) => message === 'line 29.')).toHaveLength(1);
    });

    it('is in Prefect once even when it is also streamed there', async () => {
      await using world = await failing();

      const { said } = await crashed(world, { PREFECT_ECS_STREAM_OUTPUT_TO_RUN_LOGS: 'true' });

      expect(
        said.filter(({ message }) => /^line \d+\.$/.test(message)).map(({ message }) => message),
      ).toEqual(written);
    });

    it('does not delay the report when its log cannot be read', async () => {
      await using world = await failing();
      let reads = 0;
      world.betweenAws = async (request, answer) => {
        const isRead = request.headers.get('x-amz-target')?.endsWith('.GetLogEvents') === true;
        if (!isRead) return answer();
        reads += 1;
        return new Promise(() => undefined);
      };

      await crashed(world, {});

      expect(reads).toBeGreaterThan(0);
    });
  });

  it('of another log driver is not shown, and the log names its place once', async () => {
    await using world = await World.start();
    world.configurePool({ stream_output: true, configure_cloudwatch_logs: false });
    withLogConfiguration(world, {
      logDriver: 'awsfirelens',
      options: { Name: 'kinesis_firehose', delivery_stream: 'logs' },
    });
    const [run = ''] = world.schedule();
    await world.startWorker();

    await world.until('it has ended', () => world.stateOf(run) === 'Completed');

    const told = world.log.filter((line) => / (warning|info) .*awsfirelens/.test(line));
    expect(told).toHaveLength(2);
    expect(told[0]).toContain(
      "Logging configuration uses unsupported  driver 'awsfirelens'. Output cannot be streamed.",
    );
    expect(told[1]).toContain('sends its output to: Name kinesis_firehose, delivery_stream logs.');
  });
});

describe('The last lines of a container', () => {
  const killed = (options: Partial<WorldOptions> = {}) =>
    World.start({
      story: () => ({ bootMs: 5_000, ending: { kind: 'exits', exitCode: 1 } }),
      speech: () => Array.from({ length: 30 }, (_, at) => ({ afterMs: 0, text: `line ${at}` })),
      ...options,
    });

  it('are 20 when its run had reached Prefect', async () => {
    await using world = await killed();
    world.configurePool(logged);
    const [run = ''] = world.schedule();
    await world.startWorker({ environment: toPrefect });

    await world.until('it has crashed', () => world.stateOf(run) === 'Crashed');
    await world.elapse('30s');

    const said = await saidInPrefect(world, run);
    expect(said[0]?.message).toMatch(
      /^Last 20 lines of container 'prefect', from log stream '.*' of log group 'prefect':$/,
    );
    expect(said.slice(1).map(({ message }) => message)).toEqual(
      Array.from({ length: 20 }, (_, at) => `line ${at + 10}`),
    );
  });

  it('are as many as the setting allows when its run never reached Prefect', async () => {
    await using world = await killed({
      story: () => ({ bootMs: 60_000, ending: { kind: 'exits', exitCode: 1 } }),
      speech: () => [
        { afterMs: 0, text: 'too old' },
        { afterMs: 1, text: 'ERROR:root:no module named flows' },
        { afterMs: 1, text: 'bye' },
      ],
    });
    world.configurePool(logged);
    const [run = ''] = world.schedule();
    await world.startWorker({
      environment: {
        ...toPrefect,
        PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_FORWARD_CRASHED_RUN_LOGS_MAX_EVENTS: '2',
      },
    });
    await world.until('its container is there', () => world.aws.runningTasks().length === 1);
    await world.elapse('10s');
    const [task] = world.aws.runningTasks();
    world.aws.loseHostOf(task?.taskArn ?? '');

    await world.until('it has crashed', () => world.stateOf(run) === 'Crashed');
    await world.elapse('30s');

    expect((await saidInPrefect(world, run)).slice(1)).toEqual([
      { level: 40, message: 'ERROR:root:no module named flows' },
      { level: 20, message: 'bye' },
    ]);
  });

  it('are copied when its own process reported the crash', async () => {
    await using world = await killed({ story: () => ({ ending: { kind: 'crashes' } }) });
    world.configurePool(logged);
    const [run = ''] = world.schedule();
    await world.startWorker({ environment: toPrefect });

    await world.until('it has crashed', () => world.stateOf(run) === 'Crashed');
    await world.elapse('1m');

    const said = await saidInPrefect(world, run);
    expect(said).toHaveLength(21);
    expect(said.at(-1)?.message).toBe('line 29');
  });

  it('are not copied when the setting turns them off', async () => {
    await using world = await killed();
    world.configurePool(logged);
    const [run = ''] = world.schedule();
    await world.startWorker({
      environment: {
        ...toPrefect,
        PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_FORWARD_CRASHED_RUN_LOGS: 'false',
      },
    });

    await world.until('it has crashed', () => world.stateOf(run) === 'Crashed');
    await world.elapse('30s');

    expect(await saidInPrefect(world, run)).toEqual([]);
    expect(world.aws.callCounts()['logs:GetLogEvents']).toBeUndefined();
  });

  it('are missing without a container log, and the run’s log names the setting', async () => {
    await using world = await killed();
    const [run = ''] = world.schedule();
    await world.startWorker({ environment: toPrefect });

    await world.until('it has crashed', () => world.stateOf(run) === 'Crashed');
    await world.elapse('30s');

    const said = await saidInPrefect(world, run);
    expect(said.map(({ message }) => message)).toEqual([
      expect.stringContaining('`configure_cloudwatch_logs` to send it to CloudWatch Logs'),
    ]);
  });
});

it('Container output shows no secret of a block, wherever its lines go', async () => {
  const canary = 'canary-5f1e0c';
  await using world = await World.start({
    story: () => ({ ending: { kind: 'exits', exitCode: 1 } }),
    speech: () => [{ afterMs: 0, text: `my token is ${canary}` }],
  });
  world.configurePool({ ...logged, stream_output: true });
  world.prefect.createBlock('secret', 'token', { value: canary }, ['value']);
  const deployment = world.prefect.createDeployment({
    pool: 'pool',
    name: 'secretive',
    jobVariables: { env: { TOKEN: '{{ prefect.blocks.secret.token }}' } },
  });
  const [run = ''] = world.schedule(1, deployment);
  await world.startWorker({
    environment: { ...toPrefect, PREFECT_ECS_STREAM_OUTPUT_TO_RUN_LOGS: 'true' },
  });

  await world.until('it has crashed', () => world.stateOf(run) === 'Crashed');
  await world.elapse('1m');

  const everything = JSON.stringify([
    world.output,
    world.log,
    await logOf(world),
    world.prefect.history(run),
    world.prefect.events,
  ]);
  expect(world.output).toHaveLength(1);
  expect(everything).toContain('my token is');
  expect(everything).not.toContain(canary);
});
