import { describe, expect, it } from 'vitest';
import { AwsCallError, classifyAwsError, isDeniedRight, type AwsErrorKind } from './aws-error.ts';
import { ecsTask } from '../task/ecs-task.test-support.ts';
import { crashMessageForExitCode, exitCodeFact } from './exit-code.ts';
import { identifierFor, parseIdentifier } from '../task/identifier.ts';
import { taskNotPlacedError, translateLaunchError } from './launch-error.ts';
import type { EcsContainer, EcsTask } from '../task/task.ts';
import { rankOf } from '../task/task-phase.ts';
import { verdictFor } from '../task/verdict.ts';

const taskArn = 'arn:aws:ecs:eu-west-1:111122223333:task/dev/0f9de17a6465404e8b1b2356dc13c2f8';

describe('An infrastructure identifier', () => {
  it('has the cluster as configured, else its ARN, and the task', () => {
    const task = { clusterArn: 'arn:aws:ecs:eu-west-1:111122223333:cluster/dev', taskArn };

    expect(identifierFor('mine', task)).toBe(`mine::${taskArn}`);
    expect(parseIdentifier(identifierFor(undefined, task))).toEqual({
      cluster: task.clusterArn,
      taskArn,
    });
  });
});

describe('An exit code', () => {
  it("is explained in Prefect's words", () => {
    expect(crashMessageForExitCode(137)).toBe(
      'Flow run infrastructure exited with non-zero status code 137. Process was killed, likely due to an out-of-memory (OOM) condition.',
    );
    expect(exitCodeFact(42).explanation).toBe('Process exited with an unexpected status code.');
    expect(
      [1, 125, 126, 127, 247, -9, -15].map((code) => exitCodeFact(code).explanation),
    ).not.toContain(exitCodeFact(42).explanation);
  });

  it('of a requested stop is not an error', () => {
    expect([143, -9, -15].map((code) => exitCodeFact(code).level)).toEqual([
      'info',
      'info',
      'info',
    ]);
  });
});

describe('The verdict on a stopped task', () => {
  const container = (name: string, exitCode: number | undefined): EcsContainer => ({
    name,
    exitCode,
    reason: undefined,
    lastStatus: 'STOPPED',
  });
  const stopped = (changes: Partial<EcsTask>): EcsTask =>
    ecsTask({ taskArn, lastStatus: 'STOPPED', desiredStatus: 'STOPPED', ...changes });

  it("is the Prefect container's exit code, whatever the sidecars did", () => {
    const task = stopped({ containers: [container('side', 1), container('prefect', 0)] });

    expect(verdictFor(task, 'prefect', true)).toEqual({ kind: 'exited', exitCode: 0 });
  });

  it('counts an exit code even if the task was never seen running', () => {
    expect(
      verdictFor(stopped({ containers: [container('prefect', 3)] }), 'prefect', false),
    ).toEqual({
      kind: 'exited',
      exitCode: 3,
    });
  });

  it('is a failed submission, named by its stop code, if the task never ran', () => {
    const reason = 'CannotPullContainerError: gone';
    const named = stopped({
      stopCode: 'TaskFailedToStart',
      stoppedReason: reason,
      containers: [container('prefect', undefined)],
    });

    expect(verdictFor(named, 'prefect', false)).toEqual({
      kind: 'never-started',
      errorName: 'TaskFailedToStart',
      reason,
    });
    expect(verdictFor(stopped({}), 'prefect', false)).toEqual({
      kind: 'never-started',
      errorName: 'RuntimeError',
      reason: 'unknown reason',
    });
  });

  it('allows a task that ran to have no exit code', () => {
    expect(verdictFor(stopped({}), 'prefect', true).kind).toBe('no-exit-code');
    expect(verdictFor(stopped({ startedAt: new Date(0) }), 'prefect', false).kind).toBe(
      'no-exit-code',
    );
  });

  it('ranks the statuses in the order in which a task passes them', () => {
    expect(rankOf('PENDING')).toBeLessThan(rankOf('RUNNING'));
    expect(rankOf('STOPPED')).toBeGreaterThan(rankOf('DEPROVISIONING'));
    expect(rankOf('A-NEW-ONE')).toBe(0);
  });
});

describe('The classes of AWS errors', () => {
  const cases: readonly (readonly [AwsErrorKind, string, string, number | undefined])[] = [
    ['conflict', 'ConflictException', 'The client token is already in use.', 400],
    ['throttled', 'ThrottlingException', 'Rate exceeded', 400],
    ['throttled', 'Whatever', 'slow down', 429],
    ['throttled', 'InvalidParameterException', 'Rate exceeded', 400],
    [
      'throttled',
      'InvalidParameterException',
      'Error retrieving security group information (ErrorCode: Throttling)',
      400,
    ],
    ['transient', 'TimeoutError', 'socket hang up', undefined],
    ['transient', 'ServerException', 'oops', 500],
    ['transient', 'SyntaxError', 'unparseable body of a 200', 200],
    ['inactive-definition', 'ClientException', 'TaskDefinition is inactive', 400],
    [
      'capacity',
      'InvalidParameterException',
      'No Container Instances were found in your cluster.',
      400,
    ],
    [
      'retryable-client',
      'ClientException',
      "ECS was unable to assume the role 'r' that was provided",
      400,
    ],
    [
      'retryable-client',
      'ClientException',
      'Too many concurrent attempts to create a new revision of the specified family.',
      400,
    ],
    ['hopeless', 'AccessDeniedException', 'no', 400],
  ];

  it.each(cases)('%s: %s %s', (kind, code, message, status) => {
    expect(
      classifyAwsError(new AwsCallError({ code, message, operation: 'RunTask', status })),
    ).toBe(kind);
  });
});

describe('A missing permission', () => {
  it.each([
    ['AccessDeniedException', true],
    ['AccessDenied', true],
    ['UnauthorizedOperation', true],
    ['OptInRequired', true],
    ['UnrecognizedClientException', false],
    ['InvalidParameterException', false],
  ])('is told by AWS’s code: %s, %s', (code, expected) => {
    const fact = { code, message: 'no', operation: 'DescribeTasks', status: 400 };

    expect(isDeniedRight(new AwsCallError(fact))).toBe(expected);
    expect(isDeniedRight(Object.assign(new Error('no'), { name: code }))).toBe(false);
  });
});

describe('The last error of a launch', () => {
  const translate = (code: string, message: string, changes: object = {}): Error =>
    translateLaunchError(new AwsCallError({ code, message, operation: 'RunTask', status: 400 }), {
      request: {},
      configureCloudwatchLogs: false,
      executionRoleArn: undefined,
      ...changes,
    });

  it.each([
    ['ClusterNotFoundException', 'Cluster not found.', {}, "cluster 'default' not found"],
    [
      'ClusterNotFoundException',
      'Cluster not found.',
      { request: { cluster: 'dev' } },
      "cluster 'dev' not found",
    ],
    [
      'InvalidParameterException',
      'No Container Instances were found',
      { request: { launchType: 'EC2' } },
      'any container instances associated',
    ],
    [
      'ClientException',
      'failed to validate logger args: AccessDeniedException',
      { configureCloudwatchLogs: true, executionRoleArn: 'role' },
      "execution role 'role' has permissions",
    ],
    [
      'ClientException',
      'failed to validate logger args: AccessDeniedException',
      { configureCloudwatchLogs: true },
      "execution role 'None'",
    ],
    ['ClientException', 'TaskDefinition is inactive', {}, 'the task definition is inactive'],
    ['ClientException', 'Capacity is unavailable at this time', {}, 'capacity provider error'],
    [
      'InvalidParameterException',
      'Security group sg-x is wrong',
      {},
      'network configuration error',
    ],
  ])('%s %s', (code, message, changes, words) => {
    const error = translate(code, message, changes);

    expect(error.name).toBe('RuntimeError');
    expect(error.message).toContain(words);
    expect(error.cause).toBeInstanceOf(AwsCallError);
  });

  it('stays as it is without a translation', () => {
    expect(translate('BlockedException', 'blocked')).toMatchObject({
      name: 'BlockedException',
      message: 'An error occurred (BlockedException) when calling the RunTask operation: blocked',
    });
  });

  it('says why ECS placed no task', () => {
    const failure = { arn: undefined, reason: 'AGENT', detail: undefined };

    expect(taskNotPlacedError([failure]).message).toBe('Failed to run ECS task: AGENT');
    expect(taskNotPlacedError([{ ...failure, reason: undefined }]).message).toBe(
      'Failed to run ECS task: no reason given',
    );
    expect(taskNotPlacedError([]).message).toBe(
      'Failed to run ECS task: no tasks or failures were returned.',
    );
  });
});
