import { describe, expect, it } from 'vitest';
import { policyStatement, statementFor } from './policy.ts';

const of = (action: string, resource: string | undefined): unknown =>
  JSON.parse(policyStatement({ action, resource }));

describe('A policy statement', () => {
  it.each([
    [
      'arn:aws:ecs:us-east-1:1:task-definition/job',
      'arn:aws:ecs:us-east-1:1:task-definition/job:*',
    ],
    [
      'arn:aws:ecs:us-east-1:1:task-definition/job:3',
      'arn:aws:ecs:us-east-1:1:task-definition/job:*',
    ],
    [
      'arn:aws:ecs:us-east-1:1:task-definition/job:*',
      'arn:aws:ecs:us-east-1:1:task-definition/job:*',
    ],
    ['arn:aws:ecs:us-east-1:1:task/dev/0f9de17a', 'arn:aws:ecs:us-east-1:1:task/dev/*'],
    ['arn:aws:ecs:us-east-1:1:task/0f9de17a', 'arn:aws:ecs:us-east-1:1:task/*'],
    [
      'arn:aws:logs:us-east-1:1:log-group:g:log-stream:s/t',
      'arn:aws:logs:us-east-1:1:log-group:g:*',
    ],
    ['arn:aws:ecs:us-east-1:1:cluster/dev', 'arn:aws:ecs:us-east-1:1:cluster/dev'],
    [undefined, '*'],
  ])('is widened to what other runs need, too: %s', (named, resource) => {
    expect(of('ecs:RunTask', named)).toEqual({
      Effect: 'Allow',
      Action: 'ecs:RunTask',
      Resource: resource,
    });
  });

  it('allows passing a role to ECS tasks only', () => {
    expect(of('iam:PassRole', 'arn:aws:iam::1:role/task')).toEqual({
      Effect: 'Allow',
      Action: 'iam:PassRole',
      Resource: 'arn:aws:iam::1:role/task',
      Condition: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
    });
  });

  it("has the resource from AWS's text only if it names the same action", () => {
    const words =
      'User: u is not authorized to perform: ecs:StopTask on resource: arn:x because no';

    expect(statementFor('ecs:StopTask', words)).toContain('"Resource":"arn:x"');
    expect(statementFor('ecs:RunTask', words)).toContain('"Resource":"*"');
    expect(statementFor('ecs:StopTask', 'denied')).toContain('"Resource":"*"');
  });
});
