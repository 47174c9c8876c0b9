import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../kernel/json.ts';
import { logLocationOf } from './log-location.ts';

const taskArn = 'arn:aws:ecs:us-east-1:111122223333:task/dev/0123456789abcdef0123456789abcdef';
const awslogs = {
  'awslogs-group': '/ecs/prefect',
  'awslogs-region': 'eu-west-1',
  'awslogs-stream-prefix': 'p',
};

const definitionOf = (container: JsonObject): JsonObject => ({
  containerDefinitions: [{ name: 'sidecar' }, { name: 'prefect', ...container }],
});
const locate = (logConfiguration: JsonObject | undefined, name = 'prefect') =>
  logLocationOf(
    definitionOf(logConfiguration === undefined ? {} : { logConfiguration }),
    name,
    taskArn,
  );

describe("The location of a container's output", () => {
  it('is a stream named by prefix, container and task', () => {
    expect(locate({ logDriver: 'awslogs', options: awslogs })).toEqual({
      kind: 'cloudwatch',
      region: 'eu-west-1',
      group: '/ecs/prefect',
      stream: 'p/prefect/0123456789abcdef0123456789abcdef',
    });
  });

  it("is in the task's region if the driver names none", () => {
    const { 'awslogs-region': _region, ...options } = awslogs;

    expect(locate({ logDriver: 'awslogs', options })).toMatchObject({
      kind: 'cloudwatch',
      region: undefined,
    });
  });

  it.each([
    [
      'there is no such container',
      locate(undefined, 'main'),
      'Prefect container definition not found in task definition.',
    ],
    ['nothing is configured', locate(undefined), 'Logging configuration not found on task.'],
    [
      'there is no driver',
      locate({ options: awslogs }),
      'Logging configuration not found on task.',
    ],
    [
      'there are no options',
      locate({ logDriver: 'awslogs' }),
      'Logging configuration not found on task.',
    ],
    [
      'there is no stream prefix',
      locate({ logDriver: 'awslogs', options: { 'awslogs-group': 'g' } }),
      'Logging configuration not found on task.',
    ],
  ])('is unknown if %s', (_when, location, words) => {
    expect(location).toEqual({
      kind: 'unreadable',
      warning: `${words} Output cannot be streamed.`,
      whereabouts: undefined,
    });
  });

  it.each([
    [
      'awsfirelens',
      { Name: 'kinesis_firehose', delivery_stream: 'logs', apiKey: 'secret' },
      "The 'awsfirelens' driver sends its output to: Name kinesis_firehose, delivery_stream logs.",
    ],
    [
      'splunk',
      { 'splunk-url': 'https://splunk:8088', 'splunk-token': 'secret' },
      "The 'splunk' driver sends its output to: splunk-url https://splunk:8088.",
    ],
    ['json-file', {}, "The 'json-file' driver keeps its output on the container instance."],
    ['splunk', undefined, undefined],
    ['mystery', { address: 'x' }, undefined],
  ])(
    'is elsewhere with the driver %s, and no option that may be secret is shown',
    (logDriver, options, whereabouts) => {
      expect(locate({ logDriver, ...(options !== undefined && { options }) })).toEqual({
        kind: 'unreadable',
        warning: `Logging configuration uses unsupported  driver '${logDriver}'. Output cannot be streamed.`,
        whereabouts,
      });
    },
  );
});
