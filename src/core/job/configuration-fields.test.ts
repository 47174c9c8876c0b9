import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../kernel/json.ts';
import { parseConfiguration } from './configuration-fields.ts';

const valid: JsonObject = { task_definition: { family: 'f' } };

const messages = {
  V2: 'A task definition must be provided if a task definition ARN is not present on the task run request.',
  V4: 'At least one container in the task definition must be marked as essential.',
  V5: 'An `execution_role_arn` must be provided to use `configure_cloudwatch_logs` or `stream_logs`.',
  V6: '`configure_cloudwatch_log` must be enabled to use `cloudwatch_logs_options`.',
  V7: 'You must provide a `vpc_id` to enable custom `network_configuration`.',
};

const neither = { containerDefinitions: [{ essential: false }, { essential: false }] };

describe('A configuration is refused', () => {
  it.each<[string, JsonObject, string]>([
    ['without a definition', {}, messages.V2],
    [
      'with an empty definition',
      { task_definition: {}, task_run_request: { taskDefinition: '' } },
      messages.V2,
    ],
    ['when no container is essential', { task_definition: neither }, messages.V4],
    [
      'when logs have no execution role',
      { ...valid, configure_cloudwatch_logs: true },
      messages.V5,
    ],
    ['when streamed logs have none', { ...valid, stream_output: 'yes' }, messages.V5],
    [
      'when log options are of no use',
      { ...valid, cloudwatch_logs_options: { a: 'b' } },
      messages.V6,
    ],
    [
      'when a network has no VPC',
      { ...valid, network_configuration: { subnets: [] } },
      messages.V7,
    ],
  ])('%s', (_title, given, message) => {
    expect(() => parseConfiguration(given)).toThrow(message);
    expect(() => parseConfiguration(given)).toThrow(
      expect.objectContaining({ name: 'ValidationError' }),
    );
  });

  it("for the first reason in the Python worker's order", () => {
    const all: JsonObject = {
      task_definition: neither,
      configure_cloudwatch_logs: true,
      network_configuration: { subnets: [] },
    };

    expect(() => parseConfiguration({ network_configuration: { a: 1 } })).toThrow(messages.V2);
    expect(() => parseConfiguration(all)).toThrow(messages.V4);
    expect(() => parseConfiguration({ ...all, ...valid })).toThrow(messages.V5);
    expect(() =>
      parseConfiguration({
        ...all,
        ...valid,
        configure_cloudwatch_logs: false,
        cloudwatch_logs_options: { a: 'b' },
      }),
    ).toThrow(messages.V6);
  });

  it('for fields of a wrong type, each with its name and without its value', () => {
    const parse = (): unknown =>
      parseConfiguration({ ...valid, cluster: 5, env: ['canary'], labels: 'canary' });

    expect(parse).toThrow(/env: .*labels: .*cluster: /);
    expect(parse).not.toThrow('canary');
  });

  it.each<[string, Json]>([
    ['task_start_timeout_seconds', 'soon'],
    ['task_start_timeout_seconds', ''],
    ['auto_deregister_task_definition', 'perhaps'],
    ['auto_deregister_task_definition', 2],
    ['task_definition', 'text'],
    ['vpc_id', {}],
  ])('for %s of %j', (name, value) => {
    expect(() => parseConfiguration({ ...valid, [name]: value })).toThrow(`${name}: `);
  });
});

describe('A configuration is accepted', () => {
  const logs = { ...valid, configure_cloudwatch_logs: true };

  it.each<[string, JsonObject]>([
    ['with a linked definition', { task_run_request: { taskDefinition: 'arn' } }],
    [
      'with one essential container',
      { task_definition: { containerDefinitions: [{ essential: false }, {}] } },
    ],
    ['with no containers at all', { task_definition: { containerDefinitions: [], family: 'f' } }],
    ['with logs and an execution role', { ...logs, execution_role_arn: 'arn' }],
    [
      'with logs and a role in the definition',
      { ...logs, task_definition: { executionRoleArn: 'arn' } },
    ],
    ['with logs on a linked definition', { ...logs, task_run_request: { taskDefinition: 'arn' } }],
    ['with a network and its VPC', { ...valid, network_configuration: { a: 1 }, vpc_id: 'vpc-1' }],
    ['with an empty network', { ...valid, network_configuration: {} }],
  ])('%s', (_title, given) => {
    expect(() => parseConfiguration(given)).not.toThrow();
  });
});

describe('Fields are parsed leniently', () => {
  it.each<[Json, boolean]>([
    [true, true],
    ['On', true],
    ['y', true],
    [1, true],
    ['FALSE', false],
    ['off', false],
    [0, false],
  ])('%j as a boolean is %s', (value, expected) => {
    expect(parseConfiguration({ ...valid, auto_deregister_task_definition: value })).toMatchObject({
      auto_deregister_task_definition: expected,
    });
  });

  it('Values of env, labels and log options become text; only env keeps nulls', () => {
    const values = { n: 1, f: 0.5, b: false, list: ['a', { k: null }], nothing: null };
    const texts = { n: '1', f: '0.5', b: 'False', list: "['a', {'k': None}]" };

    const fields = parseConfiguration({
      ...valid,
      env: values,
      labels: values,
      configure_cloudwatch_logs: true,
      execution_role_arn: 'arn',
      cloudwatch_logs_options: values,
    });

    expect(fields.env).toEqual({ ...texts, nothing: null });
    expect(fields.labels).toEqual(texts);
    expect(fields.cloudwatch_logs_options).toEqual(texts);
  });

  it('`stream_output` is the default of `configure_cloudwatch_logs`', () => {
    const role = { ...valid, execution_role_arn: 'arn' };

    expect(parseConfiguration({ ...role, stream_output: true }).configure_cloudwatch_logs).toBe(
      true,
    );
    expect(
      parseConfiguration({ ...role, stream_output: true, configure_cloudwatch_logs: false })
        .configure_cloudwatch_logs,
    ).toBe(false);
  });
});
