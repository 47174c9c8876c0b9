import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ecsConsoleLink, logsConsoleLink } from './console-links.ts';

const id = '0f9de17a6465404e8b1b2356dc13c2f8';
const arnIn = (partition: string, region: string): string =>
  `arn:${partition}:ecs:${region}:111122223333:task/dev/${id}`;
const log = { group: '/ecs/prefect', stream: `runs/prefect/${id}`, region: undefined };

describe('The link to a task', () => {
  it.each([
    ['aws', 'eu-west-1', 'eu-west-1.console.aws.amazon.com'],
    ['aws-cn', 'cn-north-1', 'cn-north-1.console.amazonaws.cn'],
    ['aws-us-gov', 'us-gov-west-1', 'us-gov-west-1.console.amazonaws-us-gov.com'],
    ['aws-eusc', 'eusc-de-east-1', 'eusc-de-east-1.console.amazonaws-eusc.eu'],
  ])('leads to the console of %s', (partition, region, host) => {
    expect(ecsConsoleLink({ taskArn: arnIn(partition, region) })).toBe(
      `https://${host}/ecs/v2/clusters/dev/tasks/${id}/configuration?region=${region}`,
    );
    expect(logsConsoleLink(arnIn(partition, region), log)).toContain(`https://${host}/`);
  });

  it.each(['aws-iso', 'aws-iso-b', 'aws-iso-e', 'aws-iso-f'])(
    'is none in %s, whose console is not public',
    (partition) => {
      expect(ecsConsoleLink({ taskArn: arnIn(partition, 'us-iso-east-1') })).toBeUndefined();
      expect(logsConsoleLink(arnIn(partition, 'us-iso-east-1'), log)).toBeUndefined();
    },
  );

  it('takes the cluster from the cluster ARN if the task ARN has the short format', () => {
    const taskArn = `arn:aws:ecs:eu-west-1:111122223333:task/${id}`;

    expect(
      ecsConsoleLink({ taskArn, clusterArn: 'arn:aws:ecs:eu-west-1:111122223333:cluster/old' }),
    ).toContain(`/clusters/old/tasks/${id}/`);
    expect(ecsConsoleLink({ taskArn })).toBeUndefined();
    expect(ecsConsoleLink({ taskArn, clusterArn: '' })).toBeUndefined();
  });

  it.each(['', 'task/dev/1', 'arn:aws:ecs:evil.example/:1:task/dev/1', 'arn:aws:s3:::bucket'])(
    'is none for %j',
    (taskArn) => {
      expect(ecsConsoleLink({ taskArn, clusterArn: 'dev' })).toBeUndefined();
    },
  );
});

describe('The link to a log stream', () => {
  it('uses the encoding of the CloudWatch console', () => {
    expect(logsConsoleLink(arnIn('aws', 'eu-west-1'), log)).toBe(
      'https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/' +
        `$252Fecs$252Fprefect/log-events/runs$252Fprefect$252F${id}`,
    );
  });

  it('leads to the region of the log', () => {
    const link = (region: string): string | undefined =>
      logsConsoleLink(arnIn('aws', 'eu-west-1'), { ...log, region });

    expect(link('us-east-1')).toContain(
      'https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#',
    );
    expect(link('evil.example/')).toContain('https://eu-west-1.console.aws.amazon.com/');
  });

  it('is one word of plain characters that decodes to the same names', () => {
    const name = fc.string({ unit: 'binary', minLength: 1 });

    fc.assert(
      fc.property(name, name, (group, stream) => {
        const link = logsConsoleLink(arnIn('aws', 'eu-west-1'), {
          group,
          stream,
          region: undefined,
        });

        expect(link).toMatch(/^https:[\w.~$?=#:/-]+$/);
        const [, encoded = ''] = /log-group\/([^/]*)\/log-events\//.exec(link ?? '') ?? [];
        expect(decodeURIComponent(decodeURIComponent(encoded.replaceAll('$', '%')))).toBe(group);
      }),
    );
    expect(logsConsoleLink(arnIn('aws', 'eu-west-1'), { ...log, stream: "it's (a)*!" })).toContain(
      'it$2527s$2520$2528a$2529$252A$2521',
    );
    expect(logsConsoleLink(arnIn('aws', 'eu-west-1'), { ...log, stream: '\uD800' })).toContain(
      '$25EF$25BF$25BD',
    );
  });
});
