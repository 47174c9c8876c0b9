import { describe, expect, it } from 'vitest';
import { AwsCallError, classifyAwsError, NoCredentialsError } from './aws-error.ts';
import { denialOf, isAwsIll, serviceOf } from './denial.ts';

const answered = (code: string, message: string, operation = 'RunTask', status = 400) =>
  new AwsCallError({ code, message, operation, status });

describe('A denial', () => {
  it('names the action and the resource that AWS names', () => {
    const role = 'arn:aws:iam::111122223333:role/task';
    const words = `User: u is not authorized to perform: iam:PassRole on resource: ${role} because no policy allows it`;

    expect(denialOf(answered('AccessDeniedException', words))).toEqual({
      kind: 'right',
      action: 'iam:PassRole',
      resource: role,
      words: `An error occurred (AccessDeniedException) when calling the RunTask operation: ${words}`,
    });
  });

  it.each([
    ['AccessDenied', 'RunTask', 'ecs:RunTask'],
    ['OptInRequired', 'RegisterTaskDefinition', 'ecs:RegisterTaskDefinition'],
    ['UnauthorizedOperation', 'DescribeVpcs', 'ec2:DescribeVpcs'],
  ])('names the call itself if AWS names no action: %s of %s', (code, operation, action) => {
    expect(denialOf(answered(code, 'no', operation))).toMatchObject({
      kind: 'right',
      action,
      resource: undefined,
    });
  });

  it.each([
    ['UnrecognizedClientException', 'RunTask', false],
    ['InvalidClientTokenId', 'AssumeRole', false],
    ['SignatureDoesNotMatch', 'RunTask', false],
    ['AccessDenied', 'AssumeRole', false],
    ['ExpiredTokenException', 'RunTask', true],
    ['RequestTimeTooSkewed', 'RunTask', true],
  ])('is about credentials: %s of %s, perhaps temporary: %s', (code, operation, mayPass) => {
    expect(denialOf(answered(code, 'no', operation, 403))).toMatchObject({
      kind: 'credentials',
      mayPass,
    });
  });

  it('is temporary if a wrong clock made the signature invalid', () => {
    for (const words of [
      'Signature expired: 1 is now earlier than 2',
      'Signature not yet current: 3',
    ]) {
      const error = answered('SignatureDoesNotMatch', words, 'RunTask', 403);

      expect(denialOf(error)).toMatchObject({ kind: 'credentials', mayPass: true });
      expect(classifyAwsError(error)).toBe('transient');
    }
  });

  it('includes missing credentials', () => {
    expect(denialOf(new NoCredentialsError('silent', { mayPass: true }))).toMatchObject({
      mayPass: true,
      words: 'silent',
    });
    expect(denialOf(new NoCredentialsError('no such file'))).toMatchObject({ mayPass: false });
  });

  it("excludes a run's own errors and failures of AWS", () => {
    for (const error of [
      answered('InvalidParameterException', 'no such subnet'),
      answered('ServerException', 'x', 'RunTask', 500),
      new Error('x'),
    ])
      expect(denialOf(error)).toBeUndefined();
  });
});

describe('AWS counts as failing', () => {
  it.each(['InternalError', 'RequestLimitExceeded', 'Throttling'])(
    "where ECS passes on EC2's %s, with and without a full stop",
    (code) => {
      for (const end of ['', '.']) {
        const text = `Error retrieving subnet information for [subnet-x]: busy (ErrorCode: ${code})${end}`;
        expect(classifyAwsError(answered('InvalidParameterException', text))).toBe('throttled');
        expect(isAwsIll(answered('InvalidParameterException', text))).toBe(true);
      }
    },
  );

  it.each([
    [answered('ServerException', 'x', 'RunTask', 500), true],
    [new AwsCallError({ code: 'TimeoutError', message: 'x', operation: 'RunTask' }), true],
    [answered('ThrottlingException', 'x'), true],
    [new AwsCallError({ code: 'SSLError', message: 'expired', operation: 'RunTask' }), true],
    [new AwsCallError({ code: 'ExpiredToken', message: 'x', operation: 'RunTask' }), false],
    [answered('ClientException', 'x'), false],
    [new Error('x'), false],
  ])('%s: %s', (error, isIll) => {
    expect(isAwsIll(error)).toBe(isIll);
  });
});

it('Each operation belongs to its service', () => {
  expect(['RunTask', 'DescribeVpcs', 'DescribeSubnets', 'AssumeRole'].map(serviceOf)).toEqual([
    'ecs',
    'ec2',
    'ec2',
    'sts',
  ]);
});
