import { describe, expect, it } from 'vitest';
import { AwsCallError } from './aws-error.ts';
import {
  taskNotPlacedError,
  translateLaunchError,
  waitedInVainError,
  type LaunchContext,
} from './launch-error.ts';

const plain: LaunchContext = { request: {}, configureCloudwatchLogs: false, executionRoleArn: undefined };
const translated = (code: string, message: string, changes: Partial<LaunchContext> = {}): Error =>
  translateLaunchError(new AwsCallError({ code, message, operation: 'RunTask', status: 400 }), {
    ...plain,
    ...changes,
  });

const noInstances = 'No Container Instances were found in your cluster.';
const logger = 'failed to validate logger args: AccessDeniedException: no';
const inactive = 'TaskDefinition is inactive';

it('an error that is not AWS’s own is told without words of AWS', () => {
  const error = Object.assign(new Error('Cluster not found.'), { name: 'ClusterNotFoundException' });

  expect(translateLaunchError(error, plain).message).toBe(
    "Failed to run ECS task, cluster 'default' not found. Confirm that the cluster is configured in your region.",
  );
});

/** Every row of ecs-worker.md 8.4, to the letter. */
describe('an error of RunTask, in the words that users know', () => {
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
    ...['No Capacity here', 'the Capacity Provider is gone', 'Capacity is unavailable at this time'].map(
      (message): [string, string, Partial<LaunchContext>, string] => [
        'ClientException',
        message,
        {},
        'Failed to run ECS task due to a capacity provider error. Verify that your Fargate or EC2 capacity providers are correctly configured for the cluster and that the requested capacity is available.',
      ],
    ),
    ...['The Subnet is gone', 'a Security Group is wrong', 'Network Configuration must be provided'].map(
      (message): [string, string, Partial<LaunchContext>, string] => [
        'InvalidParameterException',
        message,
        {},
        "Failed to run ECS task due to a network configuration error. Verify the subnets and security groups in your work pool's network configuration are valid and belong to the expected VPC.",
      ],
    ),
  ])('%s: %s', (code, message, changes, words) => {
    const error = translated(code, message, changes);

    expect([error.name, error.message]).toEqual([
      'RuntimeError',
      `${words} AWS answered ${code}: ${message}`,
    ]);
    expect(error.cause).toMatchObject({ name: code, message });
  });

  it.each<[string, string, Partial<LaunchContext>]>([
    ['InvalidParameterException', noInstances, { request: { launchType: 'FARGATE' } }],
    ['InvalidParameterException', 'EC2 says no', { request: { launchType: 'EC2' } }],
    ['ClientException', logger, {}],
    ['ClientException', 'failed to validate logger args: nothing', { configureCloudwatchLogs: true }],
    ['AccessDeniedException', 'no', { configureCloudwatchLogs: true }],
    ['ClientException', 'The subnet is gone', {}],
    ['InvalidParameterException', 'Something else', {}],
  ])('%s: %s stays as it is', (code, message, changes) => {
    expect(translated(code, message, changes)).toMatchObject({ name: code, message });
  });
});

describe('the end of a wait for capacity', () => {
  const placeless = taskNotPlacedError([{ arn: undefined, reason: 'RESOURCE:MEMORY', detail: undefined }]);
  const waited = { reason: 'RESOURCE:MEMORY', seconds: 1800.4 };

  it('says what was waited for, and for how long', () => {
    const error = waitedInVainError(placeless, waited, plain);

    expect([error.name, error.message]).toEqual([
      'RuntimeError',
      'Failed to run ECS task due to a capacity provider error. Verify that your Fargate or EC2 capacity providers are ' +
        'correctly configured for the cluster and that the requested capacity is available. The flow run waited 1800 ' +
        'seconds for capacity: RESOURCE:MEMORY',
    ]);
    expect(error.cause).toBe(placeless);
  });

  it('keeps the words of another row that fits better', () => {
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

    expect(error.message).toMatch(/container instances available. The flow run waited 1800 seconds/);
  });
});
