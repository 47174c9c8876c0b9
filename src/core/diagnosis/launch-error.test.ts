import { describe, expect, it } from 'vitest';
import { AwsCallError } from './aws-error.ts';
import {
  capacityWords,
  taskNotPlacedError,
  translateLaunchError,
  waitedInVainError,
  type LaunchContext,
} from './launch-error.ts';

const plain: LaunchContext = {
  request: {},
  configureCloudwatchLogs: false,
  executionRoleArn: undefined,
};
const translated = (code: string, message: string, changes: Partial<LaunchContext> = {}): Error =>
  translateLaunchError(new AwsCallError({ code, message, operation: 'RunTask', status: 400 }), {
    ...plain,
    ...changes,
  });

const botocores = (code: string, message: string): string =>
  `An error occurred (${code}) when calling the RunTask operation: ${message}`;

const noInstances = 'No Container Instances were found in your cluster.';
const logger = 'failed to validate logger args: AccessDeniedException: no';
const inactive = 'TaskDefinition is inactive';

it('An error that is not from AWS is translated without a text from AWS', () => {
  const error = Object.assign(new Error('Cluster not found.'), {
    name: 'ClusterNotFoundException',
  });

  expect(translateLaunchError(error, plain).message).toBe(
    "Failed to run ECS task, cluster 'default' not found. Confirm that the cluster is configured in your region.",
  );
});

/** Every row of worker.md 8.4, to the letter. */
describe("An error of RunTask, in the Python worker's words", () => {
  it.each<[string, string, Partial<LaunchContext>, string]>([
    [
      'ClusterNotFoundException',
      'Cluster not found.',
      { request: { cluster: '' } },
      "Failed to run ECS task, cluster 'default' not found. Confirm that the cluster is configured in your region.",
    ],
    [
      'InvalidParameterException',
      noInstances,
      { request: { launchType: 'EC2', cluster: 'dev' } },
      "Failed to run ECS task, cluster 'dev' does not appear to have any container instances associated with it. Confirm that you have EC2 container instances available.",
    ],
    [
      'ClientException',
      logger,
      { configureCloudwatchLogs: true, executionRoleArn: 'role' },
      "Failed to run ECS task, the attached execution role does not appear to have sufficient permissions. Ensure that the execution role 'role' has permissions logs:CreateLogStream, logs:CreateLogGroup, and logs:PutLogEvents.",
    ],
    [
      'ClientException',
      inactive,
      {},
      'Failed to run ECS task, the task definition is inactive. Re-register the task definition or remove the `task_definition_arn` from your work pool configuration to allow Prefect to register a new task definition automatically.',
    ],
    ...[
      'No Capacity here',
      'the Capacity Provider is gone',
      'Capacity is unavailable at this time',
    ].map((message): [string, string, Partial<LaunchContext>, string] => [
      'ClientException',
      message,
      {},
      'Failed to run ECS task due to a capacity provider error. Verify that your Fargate or EC2 capacity providers are correctly configured for the cluster and that the requested capacity is available.',
    ]),
    ...[
      'The Subnet is gone',
      'a Security Group is wrong',
      'Network Configuration must be provided',
    ].map((message): [string, string, Partial<LaunchContext>, string] => [
      'InvalidParameterException',
      message,
      {},
      "Failed to run ECS task due to a network configuration error. Verify the subnets and security groups in your work pool's network configuration are valid and belong to the expected VPC.",
    ]),
  ])('%s: %s', (code, message, changes, words) => {
    const error = translated(code, message, changes);

    expect([error.name, error.message]).toEqual([
      'RuntimeError',
      `${words} AWS answered: ${botocores(code, message)}`,
    ]);
    expect(error.cause).toMatchObject({ name: code, said: message });
  });

  it.each<[string, string, Partial<LaunchContext>]>([
    ['InvalidParameterException', noInstances, { request: { launchType: 'FARGATE' } }],
    ['InvalidParameterException', 'EC2 says no', { request: { launchType: 'EC2' } }],
    ['ClientException', logger, {}],
    [
      'ClientException',
      'failed to validate logger args: nothing',
      { configureCloudwatchLogs: true },
    ],
    ['AccessDeniedException', 'no', { configureCloudwatchLogs: true }],
    ['ClientException', 'The subnet is gone', {}],
    ['InvalidParameterException', 'Something else', {}],
  ])('%s: %s stays as it is', (code, message, changes) => {
    expect(translated(code, message, changes)).toMatchObject({
      name: code,
      message: botocores(code, message),
    });
  });
});

it('A throttled EC2 read is not reported as a wrong network', () => {
  const said =
    'Error retrieving subnet information for [subnet-x]: Rate exceeded (ErrorCode: Throttling)';

  expect(translated('InvalidParameterException', said)).toMatchObject({
    name: 'InvalidParameterException',
    message: botocores('InvalidParameterException', said),
  });
});

it('A translated placement error ends with the failures and their details', () => {
  const error = taskNotPlacedError([
    { arn: undefined, reason: 'Capacity is unavailable at this time', detail: 'us-east-1e' },
    { arn: undefined, reason: 'RESOURCE:CPU', detail: '' },
  ]);

  expect(error.message).toBe(
    'Failed to run ECS task: Capacity is unavailable at this time (us-east-1e)',
  );
  expect(translateLaunchError(error, plain).message).toMatch(
    /available\. RunTask returned failures: Capacity is unavailable at this time \(us-east-1e\), RESOURCE:CPU$/,
  );
});

describe('The text of a run that waits for capacity', () => {
  const refusal = new AwsCallError({
    code: 'InvalidParameterException',
    message: noInstances,
    operation: 'RunTask',
    status: 400,
  });

  it("uses the Python worker's words where the cluster has no instances", () => {
    const context = { ...plain, request: { launchType: 'EC2', cluster: 'dev' } };

    expect(capacityWords(refusal, refusal.message, context)).toBe(
      "Failed to run ECS task, cluster 'dev' does not appear to have any container instances associated with it. " +
        'Confirm that you have EC2 container instances available. AWS answered: ' +
        botocores('InvalidParameterException', noInstances),
    );
    const unended = Object.assign(new Error('No Container Instances'), { name: 'x' });
    expect(capacityWords(unended, 'x', context)).toMatch(/available\.$/);
    const told = {
      code: 'x',
      message: 'No Container Instances',
      operation: 'RunTask',
      status: 400,
    };
    expect(capacityWords(new AwsCallError(told), 'x', context)).toMatch(
      /No Container Instances\.$/,
    );
  });

  it("uses ECS's reason elsewhere", () => {
    expect(capacityWords(refusal, 'RESOURCE:CPU', plain)).toBe(
      'ECS had no capacity for the task (RESOURCE:CPU).',
    );
  });
});

describe('The error that ends a wait for capacity', () => {
  const placeless = taskNotPlacedError([
    { arn: undefined, reason: 'RESOURCE:MEMORY', detail: undefined },
  ]);
  const waited = { reason: 'RESOURCE:MEMORY', seconds: 1800.4 };

  it('says what the run waited for, and how long', () => {
    const error = waitedInVainError(placeless, waited, plain);

    expect([error.name, error.message]).toEqual([
      'RuntimeError',
      'Failed to run ECS task due to a capacity provider error. Verify that your Fargate or EC2 capacity providers are ' +
        'correctly configured for the cluster and that the requested capacity is available. The flow run waited 1800 ' +
        'seconds for capacity: RESOURCE:MEMORY',
    ]);
    expect(error.cause).toBe(placeless);
  });

  it('uses a row that fits better than the one about capacity', () => {
    const refusal = new AwsCallError({
      code: 'InvalidParameterException',
      message: noInstances,
      operation: 'RunTask',
      status: 400,
    });

    const error = waitedInVainError(
      refusal,
      { ...waited, reason: noInstances },
      {
        ...plain,
        request: { launchType: 'EC2' },
      },
    );

    expect(error.message).toMatch(
      /container instances available. The flow run waited 1800 seconds/,
    );
  });
});
