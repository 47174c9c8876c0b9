import { describe, expect, it } from 'vitest';
import { clusterArnOf, parseTaskArn } from './task-arn.ts';

describe("A task's ARN", () => {
  it('has cluster, region and account in any partition', () => {
    expect(parseTaskArn('arn:aws-cn:ecs:cn-north-1:111122223333:task/dev/0f9de17a')).toEqual({
      taskArn: 'arn:aws-cn:ecs:cn-north-1:111122223333:task/dev/0f9de17a',
      clusterArn: 'arn:aws-cn:ecs:cn-north-1:111122223333:cluster/dev',
      cluster: 'dev',
      taskId: '0f9de17a',
      partition: 'aws-cn',
      region: 'cn-north-1',
      account: '111122223333',
    });
  });

  it.each(['arn:aws:ecs:eu-west-1:111122223333:task/0f9de17a', 'my-task', ''])(
    'is not %j',
    (text) => expect(parseTaskArn(text)).toBeUndefined(),
  );

  it('has its cluster, unless it is an old short one', () => {
    expect(clusterArnOf('arn:aws:ecs:eu-west-1:111122223333:task/dev/0f9de17a')).toBe(
      'arn:aws:ecs:eu-west-1:111122223333:cluster/dev',
    );
    expect(clusterArnOf('arn:aws:ecs:eu-west-1:111122223333:task/0f9de17a')).toBe('');
  });
});
