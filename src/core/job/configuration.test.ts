import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../kernel/json.ts';
import { Deployment } from '../prefect/deployment.ts';
import { FlowRun, FlowRunDocument } from '../prefect/flow-run.ts';
import { Flow } from '../prefect/flow.ts';
import { WorkPool } from '../prefect/work-pool.ts';
import { beginJob } from './configuration.ts';
import type { JobInputs } from './job-inputs.ts';
import { originOf } from './origins.test-support.ts';
import type { EcsJob } from './ecs-job.ts';

interface Given {
  /** `job_configuration` over a minimal one; `{}` alone means a pool without a template. */
  readonly template?: JsonObject;
  readonly defaults?: JsonObject;
  readonly deployment?: JsonObject | null;
  readonly run?: JsonObject;
  readonly passedOn?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly workerId?: string;
  readonly blocks?: Readonly<Record<string, JsonObject>>;
  readonly variables?: JsonObject;
}

const placeholders = [
  'command',
  'env',
  'labels',
  'name',
  'aws_credentials',
  'cluster',
  'vpc_id',
  'container_name',
  'network_configuration',
  'configure_cloudwatch_logs',
  'cloudwatch_logs_options',
  'execution_role_arn',
  'stream_output',
  'task_start_timeout_seconds',
  'task_watch_poll_interval',
  'auto_deregister_task_definition',
  'match_latest_revision_in_family',
  'prefect_api_key_secret_arn',
  'prefect_api_auth_string_secret_arn',
];

const plainTemplate: JsonObject = {
  ...Object.fromEntries(placeholders.map((name) => [name, `{{ ${name} }}`])),
  task_definition: {
    containerDefinitions: [{ name: 'main', image: '{{ image }}' }],
    cpu: '{{ cpu }}',
  },
  task_run_request: { launchType: '{{ launch_type }}' },
};

function inputsFor(given: Given): JobInputs {
  const properties = Object.fromEntries(
    Object.entries(given.defaults ?? {}).map(([name, value]) => [name, { default: value }]),
  );
  const deployment = given.deployment === undefined ? {} : given.deployment;
  return {
    workPool: WorkPool.parse({
      id: 'pool-id',
      name: 'pool',
      type: 'ecs',
      base_job_template: {
        job_configuration: { ...plainTemplate, ...given.template },
        variables: { properties },
      },
    }),
    deployment:
      deployment === null
        ? undefined
        : Deployment.parse({
            id: 'dep-id',
            name: 'dep',
            updated: '2026-08-21T16:27:33Z',
            job_variables: deployment,
          }),
    flow: Flow.parse({ id: 'flow-id', name: 'my flow' }),
    flowRun: FlowRun.parse({
      id: 'run-id',
      name: 'tidy-owl',
      flow_id: 'flow-id',
      deployment_id: deployment === null ? null : 'dep-id',
      tags: ['t1'],
      job_variables: given.run ?? {},
    }),
    worker: {
      name: 'W 1',
      id: given.workerId,
      prefectVersion: '3.8.8',
      passedOnSettings: given.passedOn ?? {},
      environment: given.environment ?? {},
      defaultImage: 'prefecthq/prefect:3',
      tagBlanks: 'keep',
    },
  };
}

function jobFrom(inputs: JobInputs, given: Given = {}): EcsJob {
  const begun = beginJob(inputs);
  const withBlocks = begun.withBlocks(
    begun.blocksNeeded.map((reference) => {
      const data =
        reference.kind === 'name' ? given.blocks?.[reference.name] : given.blocks?.[reference.id];
      return {
        reference,
        document: data && {
          id: 'b',
          name: undefined,
          typeSlug: undefined,
          secretFields: undefined,
          data,
        },
      };
    }),
  );
  return withBlocks.withVariables(
    withBlocks.variablesNeeded.map((name) => {
      const value = given.variables?.[name];
      return { name, answer: value === undefined ? { kind: 'missing' } : { kind: 'found', value } };
    }),
  );
}

const jobFor = (given: Given): EcsJob => jobFrom(inputsFor(given), given);

describe('A job', () => {
  it('of a pool without a template uses the built-in one', () => {
    const inputs = inputsFor({});
    const job = jobFrom({ ...inputs, workPool: { ...inputs.workPool, baseJobTemplate: {} } });

    expect(job.taskDefinition).toEqual({ containerDefinitions: [{}] });
    expect(job.taskRunRequest).toEqual({
      launchType: 'FARGATE',
      overrides: { containerOverrides: [{}] },
    });
    expect(job).toMatchObject({ command: 'prefect flow-run execute', containerName: undefined });
  });

  it("of an empty template has the Python worker's defaults", () => {
    const inputs = inputsFor({});
    const job = jobFrom({
      ...inputs,
      workPool: {
        ...inputs.workPool,
        baseJobTemplate: { job_configuration: { task_definition: { family: 'f' } } },
      },
    });

    expect(job).toMatchObject({
      taskRunRequest: {},
      configureCloudwatchLogs: false,
      streamOutput: false,
      autoDeregisterTaskDefinition: false,
      matchLatestRevisionInFamily: false,
      taskStartTimeoutSeconds: 300,
      taskWatchPollIntervalSeconds: 5,
      networkConfiguration: {},
      cloudwatchLogsOptions: {},
      defaultImage: 'prefecthq/prefect:3',
      warnings: [],
    });
  });

  it('with a linked definition needs no definition, and schema properties need no default', () => {
    const inputs = inputsFor({});
    const job = jobFrom({
      ...inputs,
      workPool: {
        ...inputs.workPool,
        baseJobTemplate: {
          job_configuration: { task_run_request: { taskDefinition: '{{ image }}' } },
          variables: {
            properties: { image: { default: 'family:1' }, cpu: { type: 'integer' }, odd: true },
          },
        },
      },
    });

    expect(job.taskRunRequest).toEqual({ taskDefinition: 'family:1' });
    expect(job.taskDefinition).toEqual({});
    expect(job.taskDefinitionPlaceholders).toEqual([]);
  });

  it('is deeply frozen, and does not change its inputs', () => {
    const inputs = inputsFor({
      run: { env: { A: '1' }, image: 'i' },
      deployment: { labels: { a: 'b' } },
    });
    const before = structuredClone(inputs);

    const job = jobFrom(inputs);

    expect(inputs).toEqual(before);
    expect(Object.isFrozen(job)).toBe(true);
    expect(Object.isFrozen(job.env)).toBe(true);
    expect(Object.isFrozen(job.taskDefinition['containerDefinitions'])).toBe(true);
  });

  it('knows the placeholders of the definition template, in order', () => {
    expect(jobFor({}).taskDefinitionPlaceholders).toEqual(['image', 'cpu']);
  });

  it('takes defaults, then the deployment, then the flow run', () => {
    const job = jobFor({
      defaults: { image: 'default', cpu: 256, cluster: 'default' },
      deployment: { cpu: 512, cluster: 'deployment' },
      run: { cluster: 'run' },
    });

    expect(job.taskDefinition).toEqual({
      containerDefinitions: [{ name: 'main', image: 'default' }],
      cpu: 512,
    });
    expect(job.cluster).toBe('run');
    expect(originOf(job.origins, '/task_definition/containerDefinitions/0/image')).toBe(
      'variable-default',
    );
    expect(originOf(job.origins, '/task_definition/cpu')).toBe('deployment');
    expect(originOf(job.origins, '/cluster')).toBe('flow-run');
    expect(originOf(job.origins, '/task_definition/containerDefinitions/0/name')).toBe(
      'pool-template',
    );
  });

  it('resolves blocks first and then variables, including those named in a block', () => {
    const given: Given = {
      deployment: {
        env: '{{ prefect.blocks.json.env }}',
        cluster: '{{ prefect.variables.cluster }}-{{ prefect.blocks.secret.s }}',
        aws_credentials: { $ref: { block_document_id: 'creds' } },
      },
      blocks: {
        env: { value: { A: '{{ prefect.variables.n }}' } },
        s: { value: 'x' },
        creds: { region_name: 'eu-west-1' },
      },
      variables: { n: 5, cluster: 'c' },
    };
    const inputs = inputsFor(given);

    const begun = beginJob(inputs);
    const job = jobFrom(inputs, given);

    expect(begun.blocksNeeded.map((reference) => reference.kind)).toEqual(['name', 'id', 'name']);
    expect(job.env['A']).toBe('5');
    expect(job.cluster).toBe('c-x');
    expect(job.awsCredentials.regionName).toBe('eu-west-1');
    expect(originOf(job.origins, '/env/A')).toBe('block');
    expect(originOf(job.origins, '/cluster')).toBe('block');
  });

  it.each(placeholders)('treats null for %s as not set', (name) => {
    const withNull = jobFor({ deployment: { [name]: null } });

    const untraced = { origins: undefined, namedBy: undefined };
    expect({ ...withNull, ...untraced }).toEqual({ ...jobFor({}), ...untraced });
  });

  it('does not show secrets', () => {
    const job = jobFor({
      deployment: {
        aws_credentials: { aws_secret_access_key: 'canary-key', aws_session_token: 'canary-token' },
      },
    });

    expect(inspect(job, { depth: 10 })).not.toContain('canary');
    expect(JSON.stringify(job)).not.toContain('canary');
  });
});

describe("A job's environment", () => {
  it("has worker settings, then the run's identity, then the configured variables", () => {
    const job = jobFor({
      passedOn: { PREFECT_API_URL: 'http://x/api', PREFECT_DEBUG_MODE: 'True' },
      workerId: 'worker-id',
      run: {
        env: {
          PREFECT_DEBUG_MODE: 'False',
          PREFECT__FLOW_NAME: 'mine',
          N: 1,
          T: true,
          O: { a: null },
        },
      },
    });

    expect(job.env).toEqual({
      PREFECT_API_URL: 'http://x/api',
      PREFECT__FLOW_RUN_ID: 'run-id',
      PREFECT__WORKER_ID: 'worker-id',
      PREFECT__WORKER_NAME: 'W 1',
      PREFECT__FLOW_ID: 'flow-id',
      PREFECT__DEPLOYMENT_ID: 'dep-id',
      PREFECT__DEPLOYMENT_NAME: 'dep',
      PREFECT_DEBUG_MODE: 'False',
      PREFECT__FLOW_NAME: 'mine',
      N: '1',
      T: 'True',
      O: "{'a': None}",
    });
    expect(originOf(job.origins, '/env/PREFECT_API_URL')).toBe('worker-setting');
    expect(originOf(job.origins, '/env/PREFECT__FLOW_ID')).toBe('worker');
    expect(originOf(job.origins, '/env/PREFECT_DEBUG_MODE')).toBe('flow-run');
  });

  it('without deployment and worker id has no variables for them', () => {
    expect(Object.keys(jobFor({ deployment: null }).env)).toEqual([
      'PREFECT__FLOW_RUN_ID',
      'PREFECT__WORKER_NAME',
      'PREFECT__FLOW_ID',
      'PREFECT__FLOW_NAME',
    ]);
  });

  it('keeps names that are set to null, so that they can be removed everywhere', () => {
    const job = jobFor({
      passedOn: { PREFECT_API_KEY: 'k' },
      run: { env: { PREFECT_API_KEY: null, A: null } },
    });

    expect(job.env).not.toHaveProperty('PREFECT_API_KEY');
    expect(job.unsetEnv).toEqual(['PREFECT_API_KEY', 'A']);
  });

  it.each([
    ['PREFECT_API_KEY', 'prefect_api_key_secret_arn'],
    ['PREFECT_API_AUTH_STRING', 'prefect_api_auth_string_secret_arn'],
  ])('leaves %s to its secret, if there is one', (name, variable) => {
    const passedOn = { [name]: 'plain' };

    expect(jobFor({ passedOn, run: { [variable]: 'arn:secret' } }).env).not.toHaveProperty(name);
    expect(jobFor({ run: { [variable]: 'arn:secret' } }).env).not.toHaveProperty(name);
    expect(jobFor({ passedOn, run: { [variable]: '' } }).env[name]).toBe('plain');
  });
});

describe("The template's `env` with defaults and values", () => {
  it.each<[string, Json, JsonObject, JsonObject, Record<string, string>]>([
    [
      'a placeholder takes values as they are',
      '{{ env }}',
      {},
      { env: { A: '{{ image }}' } },
      { A: '{{ image }}' },
    ],
    [
      'an object is filled in, values over it',
      { BASE: '1', X: '{{ image }}' },
      { image: 'img' },
      { env: { A: '{{ image }}', BASE: '2' } },
      { BASE: '2', X: 'img', A: 'img' },
    ],
    [
      'defaults are merged under values',
      '{{ env }}',
      { env: { D: '1' } },
      { env: { A: '2' } },
      { D: '1', A: '2' },
    ],
    ['and are filled in', '{{ env }}', { env: { D: '{{ image }}' } }, { image: 'x' }, { D: 'x' }],
    [
      'an object of the template stays under them',
      { B: '0', D: '0' },
      { env: { D: '1' } },
      {},
      { B: '0', D: '1' },
    ],
    [
      'dotted names join in',
      '{{ env }}',
      { env: { D: '1' } },
      { 'env.FOO': '1' },
      { D: '1', FOO: '1' },
    ],
  ])('%s', (_title, env, defaults, run, expected) => {
    expect(jobFor({ template: { env }, defaults, run }).env).toMatchObject(expected);
  });

  it('keep their origins', () => {
    const job = jobFor({
      template: { env: { T: 't', D: 't' } },
      defaults: { env: { D: 'd' } },
      deployment: { env: { A: 'a' } },
      run: { env: { R: 'r' } },
    });

    expect(['T', 'D', 'A', 'R'].map((name) => originOf(job.origins, `/env/${name}`))).toEqual([
      'pool-template',
      'variable-default',
      'deployment',
      'flow-run',
    ]);
  });

  it('must be objects to be merged', () => {
    const merge = (): unknown =>
      jobFor({
        template: { env: { A: '1' } },
        deployment: { env: '{{ prefect.blocks.json.env }}' },
      });

    expect(merge).toThrow('The variable `env` must be an object of names and values');
    expect(merge).toThrow(expect.objectContaining({ name: 'TypeError' }));
  });
});

describe("A job's name", () => {
  it.each([
    [undefined, 'tidy-owl'],
    ['', 'tidy-owl'],
    ['{{ ctx.flow.name }}-{{ ctx.flow_run.name }}', 'my flow-tidy-owl'],
    ['{{ ctx.flow_run.tags[0] }}', 't1'],
    ['{{ ctx.flow_run.tags }}', "['t1']"],
    ['{{ ctx.nope }}', '{{ ctx.nope }}'],
    ['a{{ ctx.nope }}', 'a'],
    ['{{ ctx.flow_run.work_queue_name }}', '{{ ctx.flow_run.work_queue_name }}'],
  ])('from %j is %j', (name, expected) => {
    // As a job variable: in the template itself the pass for variables would take it for one of
    // those.
    expect(jobFor({ run: name === undefined ? {} : { name } }).name).toBe(expected);
  });

  it("is the run's name if its placeholder is null", () => {
    const inputs = inputsFor({ run: { name: '{{ ctx.flow_run.state }}' } });
    const document = new FlowRunDocument({ ...inputs.flowRun.document.fields, state: null });
    const flowRun = { ...inputs.flowRun, document };

    expect(jobFrom({ ...inputs, flowRun }).name).toBe('tidy-owl');
  });
});

describe("A job's command and labels", () => {
  it('use the configured command, else the default', () => {
    expect(jobFor({ run: { command: 'python -m x' } }).command).toBe('python -m x');
    expect(jobFor({ run: { command: '' } }).command).toBe('prefect flow-run execute');
  });

  it('prefer configured labels over those of every run', () => {
    const job = jobFor({ run: { labels: { team: 'a', n: 1, 'prefect.io/flow-name': 'mine' } } });

    expect(job.labels).toEqual({
      'prefect.io/flow-run-id': 'run-id',
      'prefect.io/flow-run-name': 'tidy-owl',
      'prefect.io/version': '3.8.8',
      'prefect.io/work-pool-name': 'pool',
      'prefect.io/work-pool-id': 'pool-id',
      'prefect.io/worker-name': 'W 1',
      'prefect.io/flow-id': 'flow-id',
      'prefect.io/flow-name': 'mine',
      'prefect.io/deployment-id': 'dep-id',
      'prefect.io/deployment-name': 'dep',
      'prefect.io/deployment-updated': '2026-08-21T16:27:33+00:00',
      team: 'a',
      n: '1',
    });
  });
});

describe('Timings', () => {
  it.each<[Json, number | undefined]>([
    [60, 60],
    ['120', 120],
    [0, undefined],
    [-1, undefined],
    [null, 300],
  ])('A start timeout of %j is %s', (given, expected) => {
    expect(jobFor({ run: { task_start_timeout_seconds: given } }).taskStartTimeoutSeconds).toBe(
      expected,
    );
  });

  it.each<[Json, number]>([
    [2.5, 2.5],
    ['2.5', 2.5],
    [0, 5],
    [null, 5],
  ])('A poll interval of %j is %s', (given, expected) => {
    expect(jobFor({ run: { task_watch_poll_interval: given } }).taskWatchPollIntervalSeconds).toBe(
      expected,
    );
  });
});

it('An answer about an unreferenced block is ignored', () => {
  const begun = beginJob(inputsFor({}));
  const answer = { reference: { kind: 'id', id: 'gone' }, document: undefined } as const;

  expect(begun.withBlocks([answer]).withVariables([]).secrets).toEqual([]);
});

it('An empty cluster counts as not set', () => {
  expect(jobFor({ template: { cluster: '' } }).cluster).toBeUndefined();
  expect(jobFor({ template: { cluster: 'mine' } }).cluster).toBe('mine');
});
