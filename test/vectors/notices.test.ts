import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bundleSettings } from '../../src/cli/render/bundle-settings.ts';
import { renderBundle } from '../../src/render/bundle.ts';
import { renderForPeople } from '../../src/render/for-people.ts';
import type { Json } from '../../src/kernel/json.ts';
import { JsonRecord } from '../../src/core/prefect/json.ts';
import { readJson } from './cases.ts';
import { bundleText, renderedOf, warningsOf, written, type Written } from './written-bundles.ts';

/** The template that `prefect work-pool create --type ecs` creates. */
const pythonTemplate = JsonRecord.parse(readJson('templates/python-newest.json'));

async function noticesOf(from: Written): Promise<readonly string[]> {
  return warningsOf(await renderedOf(from));
}

describe('A job variable without a place in the template', () => {
  it.each<[string, string]>([
    ['memory_limit', 'memory'],
    ['Image', 'image'],
    ['task_role', 'task_role_arn'],
    ['stream-output', 'stream_output'],
    ['enviroment', 'env'],
  ])('causes a warning with the probable name: %s', async (name, meant) => {
    const [notice, ...others] = await noticesOf({ deployment: { [name]: 'x' } });

    expect(notice).toBe(
      `The job variable '${name}' of the deployment is ignored: the pool's template has no place for it. Did you mean '${meant}'?`,
    );
    expect(others).toEqual([]);
  });

  it.each<[string, Written, string]>([
    [
      'of a run',
      { run: { gpus: 1 } },
      "'gpus' of the flow run is ignored: the pool's template has no place for it.",
    ],
    ['by its parts', { run: { 'gpus.count': 1 } }, "'gpus' of the flow run is ignored"],
    [
      'that the form offers',
      { defaults: { gpus: 2 }, deployment: { gpus: 1 } },
      "'gpus' of the deployment is ignored: the pool's template declares it but does not use it.",
    ],
    [
      'whose place holds a value',
      {
        configuration: { cluster: 'fixed', task_run_request: {} },
        deployment: { cluster: 'mine' },
      },
      "'cluster' of the deployment is ignored: the pool's template has a fixed value in its place. Write " +
        "'{{ cluster }}' there to let runs set it.",
    ],
  ])('causes a warning: %s', async (_what, from, words) => {
    const notices = await noticesOf(from);

    expect(notices).toEqual([expect.stringContaining(words)]);
  });

  it('causes no warning if it is null or has a place', async () => {
    const deployment = {
      gpus: null,
      memory: 512,
      image: 'i',
      env: { A: '1' },
      'env.B': '2',
      'labels.x': 'y',
    };

    expect(await noticesOf({ deployment })).toEqual([]);
  });

  it('causes a warning in both outputs of render', async () => {
    const rendered = await renderedOf({ deployment: { memory_limit: '12Gi' } });

    expect(renderForPeople(rendered)).toContain(
      "warning: The job variable 'memory_limit' of the deployment is",
    );
    expect(rendered.logs).toContainEqual({
      logger: 'flow_run',
      level: 'warning',
      message: expect.stringContaining("Did you mean 'memory'?"),
    });
  });

  it('causes a warning even when the job fails without it', async () => {
    const rendered = await renderedOf({
      deployment: {
        execution_role: 'arn:aws:iam::123456789012:role/x',
        configure_cloudwatch_logs: true,
      },
    });

    expect(rendered.error?.message).toContain('An `execution_role_arn` must be provided');
    expect(warningsOf(rendered)).toEqual([
      expect.stringContaining("Did you mean 'execution_role_arn'?"),
    ]);
  });

  it('causes at most ten warnings, then a count', async () => {
    const many = Object.fromEntries(Array.from({ length: 25 }, (_, at) => [`zz${at}`, at]));
    const notices = await noticesOf({ deployment: many });

    expect(notices).toHaveLength(11);
    expect(notices.at(-1)).toBe(
      "15 more job variables are ignored, because the pool's template has no place for them.",
    );
  });

  it('is shown by the beginning of a long name', async () => {
    const [notice] = await noticesOf({ run: { ['x'.repeat(200)]: 1 } });

    expect(notice).toContain(`The job variable '${'x'.repeat(80)}...' of the flow run is ignored`);
  });

  it('causes a warning whatever its name is', async () => {
    const name = fc
      .string({ minLength: 1, maxLength: 200 })
      .filter((text) => !/[.[\]{}]/.test(text));
    await fc.assert(
      fc.asyncProperty(name, async (text) => {
        const notices = await noticesOf({
          template: written('{"job_configuration": {"task_definition": {"cpu": 1}}}'),
          run: { [text]: 'x' },
        });

        expect(notices).toEqual([
          expect.stringContaining(`The job variable '${text.slice(0, 80)}`),
        ]);
      }),
      { numRuns: 50 },
    );
  });
});

describe('A variable of ours on a pool of the Python CLI', () => {
  const role = { execution_role_arn: 'arn:aws:iam::123456789012:role/x' };

  it('applies when a deployment sets it, with a notice', async () => {
    const rendered = await renderedOf({
      template: pythonTemplate,
      deployment: { ...role, stream_output: true, task_start_timeout_seconds: 60 },
    });

    expect(warningsOf(rendered)).toEqual([
      "The job variable 'stream_output' of the deployment applies as true, although the pool's template has the value false in its place.",
      "The job variable 'task_start_timeout_seconds' of the deployment applies as 60, although the pool's template has the value 0 in its place.",
    ]);
    expect(JSON.stringify(rendered.register_task_definition)).toContain('"logDriver":"awslogs"');
  });

  it('applies when the template lacks it', async () => {
    const template = written('{"job_configuration": {"task_definition": {"cpu": 256}}}');

    expect(await noticesOf({ template, run: { auto_deregister_task_definition: true } })).toEqual([
      "The job variable 'auto_deregister_task_definition' of the flow run applies as true, although the pool's template has no place for it.",
    ]);
  });

  it.each<[string, Json, Json, string]>([
    [
      'a written number',
      written('{"x": 60.0}')['x'] ?? null,
      30,
      "applies as 60.0, although the pool's template has the value 30 in",
    ],
    ['a text', '60', '30', "applies, although the pool's template has another value in"],
    [
      'a written number in the template',
      60,
      written('{"x": 30.0}')['x'] ?? null,
      "applies as 60, although the pool's template has the value 30.0 in",
    ],
  ])('causes a notice without a possible secret: %s', async (_what, value, instead, words) => {
    const configuration = { task_start_timeout_seconds: instead };
    const [notice] = await noticesOf({ configuration, run: { task_start_timeout_seconds: value } });

    expect(notice).toContain(words);
  });

  it.each<[string, Written]>([
    [
      'in the definition',
      {
        configuration: { task_definition: { executionRoleArn: 'arn:aws:iam::1:role/x', cpu: 256 } },
      },
    ],
    ['without CloudWatch logs configured', { deployment: { configure_cloudwatch_logs: false } }],
  ])('streams when a role is set or not needed: %s', async (_where, from) => {
    const configuration = { ...from.configuration, stream_output: false };
    const rendered = await renderedOf({ ...from, configuration, run: { stream_output: true } });

    expect(rendered.error).toBeNull();
    expect(warningsOf(rendered)).toEqual([
      expect.stringContaining("'stream_output' of the flow run applies as true"),
    ]);
  });

  it('streams from tasks of a linked definition', async () => {
    const notices = await noticesOf({
      configuration: { stream_output: false, task_run_request: { taskDefinition: 'linked:1' } },
      run: { stream_output: true },
    });

    expect(notices).toContainEqual(
      expect.stringContaining("'stream_output' of the flow run applies as true"),
    );
  });

  it('does not crash a run without a role to stream with', async () => {
    const rendered = await renderedOf({
      template: pythonTemplate,
      deployment: { stream_output: true },
    });

    expect(rendered.error).toBeNull();
    expect(warningsOf(rendered)).toEqual([
      "The job variable 'stream_output' of the deployment is ignored: streaming reads CloudWatch Logs, which needs an execution role. Set `execution_role_arn`.",
    ]);
  });

  it('causes no notice if it is null or equals the template’s value', async () => {
    const deployment = {
      stream_output: false,
      task_start_timeout_seconds: 0,
      task_watch_poll_interval: null,
    };

    expect(await noticesOf({ template: pythonTemplate, deployment })).toEqual([]);
  });

  it('causes no notice if the template has a place for it', async () => {
    expect(await noticesOf({ deployment: { ...role, stream_output: true } })).toEqual([]);
  });
});

describe('A placeholder that nothing fills', () => {
  it.each<[string, Written, string]>([
    [
      'in an image',
      { deployment: { image: '{{ $REG }}/x:1' } },
      "The placeholder '{{ $REG }}' in task_definition.containerDefinitions[0].image is sent unchanged, " +
        "because placeholders in values are not filled in. Move it to the pool's template.",
    ],
    [
      'in a variable',
      { run: { env: { A: 'x{{ b }}' } } },
      "The placeholder '{{ b }}' in env.A is sent unchanged",
    ],
    [
      'from a block, whose text stays hidden',
      {
        deployment: { env: { A: '{{ prefect.blocks.secret.s }}' } },
        blocks: [
          { id: 'b', name: 's', block_type: { slug: 'secret' }, data: { value: 'x{{ hunter2 }}' } },
        ],
      },
      'A placeholder in env.A is sent unchanged',
    ],
  ])('causes a warning with its place: %s', async (_what, from, words) => {
    const [notice = ''] = await noticesOf(from);

    expect(notice).toContain(words);
    expect(notice).not.toContain('hunter2');
  });

  it('causes at most five warnings, by its place alone when it is long', async () => {
    const env = Object.fromEntries(
      Array.from({ length: 9 }, (_, at) => [`A${at}`, `{{ ${'x'.repeat(at * 20)}y }}`]),
    );
    const notices = await noticesOf({ run: { env } });

    expect(notices).toHaveLength(5);
    expect(notices[0]).toContain("The placeholder '{{ y }}' in env.A0");
    expect(notices[4]).toMatch(/^A placeholder in env\.A4/);
  });

  it('causes no warning if a later step fills it', async () => {
    const deployment = { name: '{{ ctx.flow_run.name }}', env: { A: '{{ prefect.variables.v }}' } };

    expect(await noticesOf({ deployment, variables: { v: 'x' } })).toEqual([]);
  });
});

describe('A variable made useless by a linked definition', () => {
  it('causes a warning when a deployment or run sets it', async () => {
    const arn = 'arn:aws:ecs:us-east-1:123456789012:task-definition/linked:1';
    const notices = await noticesOf({
      deployment: { task_definition_arn: arn, image: 'mine:1', cpu: 512 },
      taskDefinitions: [
        {
          taskDefinitionArn: arn,
          family: 'linked',
          revision: 1,
          networkMode: 'awsvpc',
          requiresCompatibilities: ['FARGATE'],
          containerDefinitions: [{ name: 'prefect', image: 'm:1' }],
        },
      ],
    });

    expect(notices).toContain(
      `The job variable 'image' of the deployment is ignored: it only affects the task definition of the pool's template, and '${arn}' is used instead.`,
    );
    expect(notices.filter((notice) => notice.includes("'cpu'"))).toEqual([]);
  });
});

describe("An entry point of the flow's container", () => {
  const withEntryPoint = (entryPoint: readonly string[], name = 'prefect'): Written => ({
    configuration: {
      task_definition: {
        containerDefinitions: [
          { name: 'prefect', image: 'i' },
          { name, image: 'j', entryPoint },
        ],
      },
    },
  });
  const ofFlow = (entryPoint: readonly string[], more: Written = {}): Written => ({
    ...more,
    configuration: {
      task_definition: { containerDefinitions: [{ name: 'prefect', image: 'i', entryPoint }] },
    },
  });

  it.each([[['sh', '-c']], [['/bin/bash', '-lc']], [['/usr/bin/env/dash', '-e', '-c']]])(
    'that drops all words but one causes a warning: %j',
    async (entryPoint) => {
      const configured = ofFlow(entryPoint);
      const [notice] = await noticesOf({
        ...configured,
        configuration: {
          ...configured.configuration,
          task_run_request: {
            overrides: { containerOverrides: [{ name: 'prefect', command: '{{ command }}' }] },
          },
        },
      });

      expect(notice).toBe(
        `Container 'prefect' has the entryPoint ${JSON.stringify(entryPoint)}, which runs only the first word of the ` +
          "command: 'prefect', without 'flow-run execute'. Remove entryPoint from the task definition, or end it with a " +
          'program that accepts all words.',
      );
    },
  );

  it.each<[string, Written]>([
    ['is no shell', ofFlow(['tini', '--'])],
    ['is a shell that reads a file', ofFlow(['bash', '/entry.sh'])],
    [
      'gets a single word',
      ofFlow(['sh', '-c'], { deployment: { command: "'prefect flow-run execute'" } }),
    ],
    ["is a sidecar's", withEntryPoint(['sh', '-c'], 'side')],
  ])('that %s causes no warning', async (_what, from) => {
    expect(await noticesOf(from)).toEqual([]);
  });
});

describe('A definition with several containers', () => {
  it('causes a warning if only their order shows which one runs the flow', async () => {
    const containerDefinitions = [
      { name: 'main', image: 'm' },
      { name: 'side', image: 's' },
    ];

    expect(
      await noticesOf({ configuration: { task_definition: { containerDefinitions } } }),
    ).toEqual([
      "The flow runs in container 'main' only because it is the first in the task definition. Rename it to 'prefect', or set the job variable `container_name`.",
    ]);
  });
});

describe('An invalid bundle', () => {
  it.each([
    [
      '"region":"us-east-1","vpcs"',
      '"region":null,"vpcs"',
      'aws.region: found null, expected a text',
    ],
    ['"flow_id":"flow-id"', '"flow_id":7.0', 'flow_run.flow_id: found a number, expected a text'],
    [
      '"IsDefault":true',
      '"IsDefault":"yes"',
      'aws.vpcs.0.IsDefault: found a text, expected true or false',
    ],
  ])(
    'is refused with the path, the type found and the type expected: %s',
    async (right, wrong, words) => {
      const text = bundleText({}).replace(right, wrong);

      const rendered = await renderBundle(JSON.parse(text), { settingsOf: bundleSettings });

      expect(rendered.error).toEqual({
        name: 'ValidationError',
        message: `The bundle is not valid. ${words}. docs/bundles.md describes its format.`,
      });
    },
  );
});
