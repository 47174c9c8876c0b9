import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { commandScript, runProcess } from './processes.ts';
import { RealWorld } from './real-world.ts';

const Output = z.object({
  register_task_definition: z.looseObject({}).nullable(),
  run_task: z.looseObject({}).nullable(),
  error: z.object({ name: z.string(), message: z.string() }).nullable(),
  logs: z.array(z.looseObject({})),
});

describe('A read-only command', () => {
  let world: RealWorld;

  beforeAll(async () => {
    world = await RealWorld.start('look-ups');
    await world.api('POST', '/work_pools/', {
      name: 'look-ups',
      type: 'ecs',
      base_job_template: JSON.parse(
        (await command('work-pool', 'get-default-base-job-template')).output,
      ),
    });
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const command = (...args: readonly string[]) =>
    runProcess(
      process.execPath,
      [commandScript, ...args],
      {
        ...world.awsEnvironment,
        PREFECT_API_URL: world.apiUrl,
        PREFECT_HOME: world.folder,
        PREFECT_API_KEY: 'canary-of-an-api-key',
      },
      world.folder,
    );
  const rendered = async (...args: readonly string[]) =>
    Output.parse(JSON.parse((await command('render', '--json', ...args)).output));

  it('renders a deployment as text, and makes only reading calls to AWS', async () => {
    await world.deploy('three_tasks', { name: 'shown' });
    const before = await world.awsCalls();

    const { exitCode, output } = await command('render', 'three-tasks/shown');

    expect(exitCode, output).toBe(0);
    expect(output).toMatch(/^RegisterTaskDefinition$/m);
    expect(output).toMatch(/^RunTask$/m);
    expect(output).toMatch(/^container overrides: [\d,]+ of 8,192 characters$/m);
    expect(output).toMatch(
      /^definition: registers the first revision of family prefect_look-ups_/m,
    );
    expect(output).not.toContain('canary-of-an-api-key');
    const after = await world.awsCalls();
    const added = Object.keys(after).filter((name) => after[name] !== before[name]);
    expect(added.toSorted()).toEqual([
      'ec2:DescribeSubnets',
      'ec2:DescribeVpcs',
      'ecs:DescribeTaskDefinition',
      'sts:GetCallerIdentity', // the account, whose rate limits the other calls share
    ]);
  });

  it('shows that a definition is reused, or the path where it differs', async () => {
    const deployment = await world.deploy('three_tasks', { name: 'again' });
    const run = await world.schedule(deployment);
    {
      await using _worker = await world.startWorker(['--name', 'render']);
      await world.stateOf(run, 'COMPLETED');
    }

    const reused = await command('render', 'three-tasks/again');
    await world.api('PATCH', `/deployments/${deployment}`, { job_variables: { memory: 4096 } });
    const changed = await command('render', 'three-tasks/again');

    expect(reused.output).toMatch(
      new RegExp(`^definition: reuses prefect_look-ups_${deployment}:1$`, 'm'),
    );
    expect(changed.output).toMatch(
      new RegExp(
        `^definition: registers a new revision because /memory differs from prefect_look-ups_${deployment}:1$`,
        'm',
      ),
    );
  });

  it('shows exactly what a flow run’s launch then sends', async () => {
    const deployment = await world.deploy('three_tasks', { name: 'told' });
    const run = await world.schedule(deployment);
    const told = await rendered('--flow-run', run, '--name', 'ECSWorker told');
    await using _worker = await world.startWorker(['--name', 'ECSWorker told']);
    await world.stateOf(run, 'COMPLETED');
    const sent = (await world.awsTasks()).find((task) =>
      task.tags.some((tag) => tag.value === run),
    );

    expect(told.error).toBeNull();
    const tags = z
      .array(z.object({ key: z.string(), value: z.string() }))
      .parse(told.run_task?.['tags']);
    expect(sent?.tags).toEqual(expect.arrayContaining(tags));
    expect(String(told.run_task?.['taskDefinition'])).toContain(deployment);
  });

  it.each([
    [['render'], 2, /Give exactly one of: a deployment, --flow-run, --from-file/],
    [
      ['render', 'no-slash'],
      2,
      /'no-slash' is not a deployment name\. Give it as FLOW_NAME\/DEPLOYMENT_NAME/,
    ],
    [['render', 'no/such'], 1, /Deployment 'no\/such' not found/],
    [['render', '--flow-run', '00000000-0000-4000-8000-000000000001'], 1, /Flow run .* not found/],
    [['work-pool', 'preview', 'no-such-pool'], 1, /Work pool 'no-such-pool' not found/],
    [
      ['work-pool', 'preview', 'look-ups', '--output', 'xml'],
      2,
      /Only 'json' output format is supported/,
    ],
    [['work-pool', 'preview', 'look-ups', '--hours', 'x'], 2, /Give a number above 0/],
    [
      ['work-pool', 'get-default-base-job-template', '--type', 'docker'],
      1,
      /Unknown work pool type 'docker'/,
    ],
  ])('exits with a code and a reason: %j, %d', async (args, exitCode, message) => {
    const ended = await command(...args);

    expect(ended.exitCode, ended.output).toBe(exitCode);
    expect(ended.output).toMatch(message);
    expect(ended.output).not.toMatch(/^ {4}at /m);
  });

  it('previews the scheduled runs of a work pool', async () => {
    const deployment = await world.deploy('three_tasks', { name: 'previewed' });
    const run = await world.schedule(deployment);

    const table = await command('work-pool', 'preview', 'look-ups');
    const json = await command('work-pool', 'preview', 'look-ups', '-o', 'json');
    const soon = await command('work-pool', 'preview', 'look-ups', '-h', '1', '--json');

    expect(table.output).toContain(run);
    expect(table.output).toMatch(/Scheduled Start Time .* Run ID .* Name .* Deployment ID/);
    const documents = z.array(z.looseObject({ id: z.string() })).parse(JSON.parse(json.output));
    expect(documents.map(({ id }) => id)).toEqual([run]);
    expect(JSON.parse(soon.output)).toHaveLength(1);
  });
});

/** The contract's exact texts, which users know from Python (worker.md 3), in a real run. */
describe('A run with an invalid configuration', () => {
  let world: RealWorld;
  beforeAll(async () => {
    world = await RealWorld.start('wrongly-configured');
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const wrong: readonly (readonly [string, Readonly<Record<string, unknown>>, string])[] = [
    [
      'V5',
      { configure_cloudwatch_logs: true },
      'ValidationError: An `execution_role_arn` must be provided to use `configure_cloudwatch_logs` or `stream_logs`.',
    ],
    [
      'V6',
      { cloudwatch_logs_options: { a: 'b' } },
      'ValidationError: `configure_cloudwatch_log` must be enabled to use `cloudwatch_logs_options`.',
    ],
    [
      'V7',
      { network_configuration: { subnets: ['s'] } },
      'ValidationError: You must provide a `vpc_id` to enable custom `network_configuration`.',
    ],
    ['a size that Fargate does not have', { cpu: 1024, memory: 512 }, 'ValueError: '],
    [
      'a container that is not there',
      {
        container_name: 'nope',
        task_definition_arn: 'arn:aws:ecs:us-east-1:123456789012:task-definition/gone:1',
      },
      'ClientException: ',
    ],
    [
      'a block that is not there',
      { image: '{{ prefect.blocks.secret.gone }}' },
      "ObjectNotFound: Block not found: 'gone' of type 'secret'.",
    ],
    [
      'a block reference without a name',
      { image: '{{ prefect.blocks.secret }}' },
      "ValueError: Invalid block placeholder format: 'prefect.blocks.secret'.",
    ],
    ['a command that does not end', { command: "echo 'x" }, 'ValueError: No closing quotation'],
    [
      'a VPC that is not there',
      { vpc_id: 'vpc-00000000' },
      'ValueError: Failed to find VPC with ID vpc-00000000. Network configuration cannot be inferred.',
    ],
  ];

  it('crashes with the message of the contract, in its state and its log', async () => {
    await using _worker = await world.startWorker();

    const told: (readonly [string, string])[] = [];
    for (const [what, jobVariables] of wrong) {
      const deployment = await world.deploy('three_tasks', { name: what, jobVariables });
      const run = await world.stateOf(await world.schedule(deployment), 'CRASHED');
      told.push([what, run.state?.message ?? '']);
    }

    expect(told).toEqual(
      wrong.map(([what, , text]) => [
        what,
        expect.stringContaining(`Failed to submit flow run to infrastructure: ${text}`),
      ]),
    );
  });
});
