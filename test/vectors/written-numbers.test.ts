import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJsonObject, type Json } from '../../src/kernel/json.ts';
import type { Rendered } from '../../src/render/rendering.ts';
import { containersOf, environmentOf, renderedOf, warningsOf, written } from './written-bundles.ts';

function tagsOf({ run_task: request }: Rendered): Readonly<Record<string, Json>> {
  const tags = request?.['tags'];
  return Object.fromEntries(
    (Array.isArray(tags) ? tags : []).map((tag: Json) =>
      isJsonObject(tag) ? [tag['key'], tag['value']] : [],
    ),
  );
}

describe('A number that becomes text', () => {
  it('is written as Python does in an environment variable', async () => {
    const rendered = await renderedOf({
      defaults: { env: written('{"BIG": 987654321098765432, "V": 2.0, "B": false, "E": 1e16}') },
      deployment: written('{"env": {"D": 2.00, "N": null}}'),
      run: written('{"env.DOTTED": -0.0}'),
    });

    expect(environmentOf(rendered)).toMatchObject({
      BIG: '987654321098765432',
      V: '2.0',
      B: 'False',
      E: '1e+16',
      D: '2.0',
      DOTTED: '-0.0',
    });
  });

  it('is written as Python does in image, family, command, secret and name', async () => {
    const rendered = await renderedOf({
      configuration: written(`{
        "name": "{{ ctx.flow_run.job_variables.version }}",
        "command": "run --scale {{ scale }}",
        "task_definition": {
          "family": "etl_{{ version }}",
          "containerDefinitions": [{"name": "prefect", "image": "etl:{{ version }}",
            "secrets": [{"name": "S", "valueFrom": "arn:aws:ssm:::parameter/{{ big }}"}]}]
        }
      }`),
      defaults: written('{"big": 987654321098765432}'),
      deployment: written('{"scale": 1e16}'),
      run: written('{"version": 2.0}'),
    });

    expect(rendered.register_task_definition).toMatchObject({
      family: 'etl_2-0',
      containerDefinitions: [
        {
          image: 'etl:2.0',
          secrets: [{ name: 'S', valueFrom: 'arn:aws:ssm:::parameter/987654321098765432' }],
        },
      ],
    });
    expect(rendered.run_task).toMatchObject({
      overrides: { containerOverrides: [{ command: ['run', '--scale', '1e+16'] }] },
    });
  });

  it('is written as Python does from blocks, Prefect variables and labels', async () => {
    const rendered = await renderedOf({
      deployment: written(`{
        "env": {"BLOCK": "{{ prefect.blocks.json.config.value.rate }}", "VARIABLE": "{{ prefect.variables.rate }}",
          "IN_TEXT": "rate={{ prefect.variables.rate }}"},
        "labels": {"rate": 2.0, "big": 987654321098765432}
      }`),
      blocks: [
        written(
          '{"id": "block", "name": "config", "block_type": {"slug": "json"}, "data": {"value": {"rate": 3.0}}}',
        ),
      ],
      variables: written('{"rate": 4.0}'),
    });

    expect(environmentOf(rendered)).toMatchObject({
      BLOCK: '3.0',
      VARIABLE: '4.0',
      IN_TEXT: 'rate=4.0',
    });
    expect(tagsOf(rendered)).toMatchObject({ rate: '2.0', big: '987654321098765432' });
  });

  const literals = fc.oneof(
    fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }).map(String),
    fc.integer().map((value) => `${value}.0`),
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .filter((value) => value !== 0)
      .map((value) => value.toExponential()),
  );

  it('is written as Python does, for any number at any place', async () => {
    await fc.assert(
      fc.asyncProperty(literals, async (literal) => {
        const env = (name: string): string =>
          `{"env": {"${name}": ${literal}, "${name}_TEXT": "<{{ n }}>"}}`;
        const rendered = await renderedOf({
          defaults: written(`{"n": ${literal}, "env": {"POOL": ${literal}}}`),
          deployment: written(env('DEPLOYMENT')),
          run: written(`{"env.RUN": ${literal}, "labels": {"n": ${literal}}}`),
        });

        const { POOL: text, DEPLOYMENT, RUN } = environmentOf(rendered);
        expect([DEPLOYMENT, RUN]).toEqual([text, text]);
        expect(Number(text)).toBe(Number(literal));
        if (/^-?\d+$/.test(literal)) expect(text).toBe(String(BigInt(literal)));
        else expect(text).toMatch(/^-?\d+(\.\d+|(\.\d+)?e[-+]\d{2,3})$/);
      }),
      { numRuns: 100 },
    );
  });
});

describe('A number that stays a number', () => {
  it('keeps its value however it was written, if it is a size', async () => {
    const rendered = await renderedOf({
      configuration: written(`{
        "task_definition": {"cpu": 512.0, "memory": 1024.00,
          "containerDefinitions": [{"name": "prefect", "image": "i"}]},
        "task_run_request": {"overrides": {"cpu": 256.0, "containerOverrides": [{"memory": 512.0}]}}
      }`),
      deployment: written('{"task_start_timeout_seconds": 60.0, "stream_output": 0.0}'),
    });

    expect(rendered.error).toBeNull();
    expect(rendered.register_task_definition).toMatchObject({ cpu: '512', memory: '1024' });
    expect(rendered.run_task).toMatchObject({
      overrides: { cpu: '256', containerOverrides: [{ memory: 512 }] },
    });
    expect(warningsOf(rendered)).toEqual([]);
  });

  it('is refused as a float where AWS needs an integer, as in botocore', async () => {
    const { error } = await renderedOf({
      configuration: written(
        '{"task_definition": {"containerDefinitions": [{"name": "prefect", "stopTimeout": 30.0}]}}',
      ),
    });

    expect(error?.name).toBe('ParamValidationError');
    expect(error?.message).toContain('containerDefinitions[0].stopTimeout');
  });

  it('is also read as a number from credentials', async () => {
    const rendered = await renderedOf({
      deployment: written(
        '{"aws_credentials": {"region_name": "eu-west-1", "aws_client_parameters": {"config": {"connect_timeout": 5.0}}}}',
      ),
    });

    expect(rendered.error).toBeNull();
    expect(containersOf(rendered)).toHaveLength(1);
  });
});
