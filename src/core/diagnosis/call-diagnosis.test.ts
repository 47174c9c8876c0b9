import { describe, expect, it } from 'vitest';
import { RuntimeError } from '../../kernel/errors.ts';
import { AwsCallError, NoCredentialsError } from './aws-error.ts';
import { callEntries, type CallCode } from './call-codes.ts';
import { callStory, diagnoseCall } from './call-diagnosis.ts';
import { taskNotPlacedError, translateLaunchError } from './launch-error.ts';

const refused = (
  code: string,
  message: string,
  operation = 'RunTask',
  status: number | undefined = 400,
) => new AwsCallError({ code, message, operation, status });
const notPlaced = (...reasons: readonly (string | undefined)[]) =>
  taskNotPlacedError(reasons.map((reason) => ({ arn: undefined, reason, detail: undefined })));
const user = 'User: arn:aws:sts::111122223333:assumed-role/worker/x';
const definition = 'arn:aws:ecs:eu-west-2:111122223333:task-definition/job';
const role = 'arn:aws:iam::111122223333:role/task';

const known: readonly (readonly [CallCode, Error])[] = [
  [
    'ecs.access.denied',
    refused('AccessDeniedException', `${user} is not authorized to perform: ecs:RunTask`),
  ],
  [
    'ecs.access.pass_role',
    refused(
      'AccessDeniedException',
      `${user} is not authorized to perform: iam:PassRole on resource: ${role}`,
    ),
  ],
  ['ecs.credentials.missing', new NoCredentialsError('Unable to locate credentials')],
  ['ecs.credentials.expired', refused('ExpiredTokenException', 'The security token is expired')],
  [
    'ecs.credentials.refused',
    refused('UnrecognizedClientException', 'The security token is invalid.'),
  ],
  [
    'ecs.credentials.role_denied',
    refused('AccessDenied', `${user} is not authorized`, 'AssumeRole', 403),
  ],
  ['ecs.credentials.refused', refused('InvalidClientTokenId', 'no', 'AssumeRole', 403)],
  [
    'ecs.clock_wrong',
    refused('SignatureDoesNotMatch', 'Signature not yet current: x', 'RunTask', 403),
  ],
  [
    'ecs.cluster.not_found',
    refused('ClusterNotFoundException', 'The referenced cluster was inactive.'),
  ],
  ['ecs.definition.not_found', refused('ClientException', 'TaskDefinition is inactive')],
  [
    'ecs.definition.refused',
    refused('ClientException', "Invalid 'cpu' setting for task.", 'RegisterTaskDefinition'),
  ],
  [
    'ecs.request.refused',
    refused('InvalidParameterException', 'Container Overrides length must be at most 8192'),
  ],
  ['ecs.request.refused', notPlaced('MISSING')],
  ['ecs.request.refused', refused('ConflictException', 'The token is in use')],
  [
    'ecs.unavailable',
    new AwsCallError({ code: 'Error', message: 'connect ECONNREFUSED', operation: 'RunTask' }),
  ],
  ['ecs.throttled', refused('ThrottlingException', 'Rate exceeded')],
  [
    'ecs.throttled',
    refused(
      'InvalidParameterException',
      'Error retrieving subnet information: x (ErrorCode: Throttling)',
    ),
  ],
  [
    'ecs.throttled',
    refused('ClientException', 'Too many concurrent attempts to create a new revision', 'x'),
  ],
  ['ecs.unavailable', refused('ServerException', 'Service Unavailable.', 'RunTask', 500)],
  [
    'ecs.no_connection',
    new AwsCallError({
      code: 'SSLError',
      message: 'no authority',
      operation: 'RunTask',
      status: undefined,
    }),
  ],
  ['ecs.account_blocked', refused('Blocked', 'This account is currently blocked', 'DescribeVpcs')],
  ['ecs.account_blocked', refused('OptInRequired', 'You are not subscribed to this service')],
  [
    'ecs.network.refused',
    refused(
      'InvalidParameterException',
      "Error retrieving subnet information: The subnet ID 'x' does not exist",
    ),
  ],
  ['ecs.network.refused', refused('InvalidVpcID.NotFound', 'no', 'DescribeVpcs')],
  [
    'ecs.placement_constraint',
    refused('InvalidParameterException', 'capacity provider that is not associated'),
  ],
  ['ecs.placement_constraint', notPlaced('ATTRIBUTE')],
  ['ecs.role_not_assumable', refused('ClientException', "ECS was unable to assume the role 'r'")],
  [
    'ecs.log_driver.denied',
    refused('ClientException', 'failed to validate logger args: AccessDeniedException'),
  ],
  ['ecs.capacity.fargate', notPlaced('Capacity is unavailable at this time')],
  ['ecs.capacity.ec2', notPlaced('RESOURCE:MEMORY', 'AGENT')],
  [
    'ecs.capacity.ec2',
    refused('InvalidParameterException', 'No Container Instances were found in your cluster.'),
  ],
  [
    'ecs.capacity.quota',
    notPlaced('You’ve reached the limit on the number of vCPUs you can run concurrently'),
  ],
  ['ecs.capacity.quota', refused('ClientException', 'Tasks provisioning capacity limit exceeded')],
  ['ecs.internal_error', notPlaced('Internal error.')],
];

describe('A call that AWS refused', () => {
  it.each(known)('has the code %s: %s', (code, error) => {
    expect(diagnoseCall(error)?.code).toBe(code);
  });

  it('covers every documented code', () => {
    expect(new Set(known.map(([code]) => code))).toEqual(new Set(Object.keys(callEntries)));
  });

  it('is found behind errors that wrap it', () => {
    const error = new RuntimeError('Failed', {
      cause: new RuntimeError('x', { cause: refused('Blocked', 'x') }),
    });

    expect(diagnoseCall(error)?.code).toBe('ecs.account_blocked');
  });

  it('is distinguished from other errors of a run', () => {
    expect(callStory(new RuntimeError('no such variable'))).toBeUndefined();
    expect(callStory({ name: 'RuntimeError', message: 'x' })).toBeUndefined();
    expect(callStory(notPlaced())).toBeUndefined();
    expect(callStory(notPlaced(undefined))).toBeUndefined();
    const circular: Error = new Error('x');
    circular.cause = circular;
    expect(callStory(circular)).toBeUndefined();
  });
});

it('The error of an unanswered call names the operation', () => {
  const said = (message: string) =>
    new AwsCallError({ code: 'Error', message, operation: 'RunTask' }).message;

  expect(said('connect ECONNREFUSED')).toBe(
    'RunTask got no answer from AWS: Error: connect ECONNREFUSED',
  );
  expect(said('AWS did not answer RunTask within 60 s')).toBe(
    'AWS did not answer RunTask within 60 s',
  );
});

describe('The line about a refused call', () => {
  it('has cause, advice and documentation', () => {
    const context = { request: {}, configureCloudwatchLogs: false, executionRoleArn: undefined };
    const error = translateLaunchError(
      refused('ClusterNotFoundException', 'Cluster not found.'),
      context,
    );
    const { cause, advice, documentation } = callEntries['ecs.cluster.not_found'];

    expect(callStory(error)).toBe(
      `[ecs.cluster.not_found] ${cause} ${advice} Read more: ${documentation}`,
    );
  });

  it('has a policy statement with the resource that AWS names', () => {
    const words = `${user} is not authorized to perform: ecs:RunTask on resource: ${definition} because no policy allows it`;

    expect(callStory(refused('AccessDeniedException', words))).toContain(
      ` Policy statement to add: {"Effect":"Allow","Action":"ecs:RunTask","Resource":"${definition}:*"} Read more: `,
    );
  });

  it('has a statement for sts:AssumeRole even if AWS names no role', () => {
    const named = `${user} is not authorized to perform: sts:AssumeRole on resource: ${role}`;
    const statementOf = (words: string) =>
      diagnoseCall(refused('AccessDenied', words, 'AssumeRole', 403))?.statement;

    expect(statementOf(named)).toBe(
      `{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"${role}"}`,
    );
    expect(statementOf('no')).toBe('{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}');
  });

  it('has no statement for an explicit deny, which would override it', () => {
    const words = `${user} is not authorized to perform: ecs:RunTask with an explicit deny in a service control policy`;

    expect(callStory(refused('AccessDeniedException', words))).toMatch(
      /^\[ecs\.access\.denied\] AWS refused .* AWS reports an explicit deny, .* change it\. Read more: /,
    );
  });
});

it('The codes of refused calls each have one-line texts and an AWS page', () => {
  for (const { cause, advice, documentation } of Object.values(callEntries)) {
    expect(cause).toMatch(/^[A-Z][^\n]+\.$/);
    expect(advice).toMatch(/^[A-Z][^\n]+\.$/);
    expect(documentation).toMatch(/^https:\/\/(docs|health)\.aws\.amazon\.com\/[\w/.-]+$/);
  }
});
