import { RuntimeError } from '../../kernel/errors.ts';
import { AwsCallError } from './aws-error.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { EcsFailure } from '../task/task.ts';

export interface LaunchContext {
  /** RunTask's input. */
  readonly request: JsonObject;
  readonly configureCloudwatchLogs: boolean;
  /** The configured execution role, else the definition's. */
  readonly executionRoleArn: string | undefined;
}

/** ECS took the call and placed nothing (ecs-worker.md 8.1). `failures` as returned. */
export class TaskNotPlacedError extends RuntimeError {
  readonly failures: readonly EcsFailure[];

  constructor(failures: readonly EcsFailure[]) {
    const first = failures[0];
    super(
      first === undefined
        ? 'Failed to run ECS task: no tasks or failures were returned.'
        : `Failed to run ECS task: ${first.reason ?? 'no reason given'}`,
    );
    this.failures = failures;
  }
}

export function taskNotPlacedError(failures: readonly EcsFailure[]): TaskNotPlacedError {
  return new TaskNotPlacedError(failures);
}

/**
 * The last error of a launch in the words of ecs-worker.md 8.4, and then AWS's own; one that no row covers stays as
 * it is.
 */
export function translateLaunchError(error: Error, context: LaunchContext): Error {
  const words = messageFor(`${error.name}: ${error.message}`, context);
  if (words === undefined) return error;
  const told = error instanceof AwsCallError ? ` AWS answered ${error.name}: ${error.message}` : '';
  return new RuntimeError(`${words}${told}`, { cause: error });
}

/**
 * The end of a wait for capacity, in the words of ecs-worker.md 8.4, and what was waited for. ECS's short reasons
 * (`RESOURCE:MEMORY`) match no row: they get the one about capacity.
 */
export function waitedInVainError(
  error: Error,
  waited: { readonly reason: string; readonly seconds: number },
  context: LaunchContext,
): Error {
  const words = messageFor(`${error.name}: ${error.message}`, context) ?? capacityProviderError;
  return new RuntimeError(
    `${words} The flow run waited ${Math.round(waited.seconds)} seconds for capacity: ${waited.reason}`,
    { cause: error },
  );
}

const capacityProviderError =
  'Failed to run ECS task due to a capacity provider error. Verify that your Fargate or EC2 capacity providers are ' +
  'correctly configured for the cluster and that the requested capacity is available.';

function messageFor(text: string, context: LaunchContext): string | undefined {
  const cluster = textOf(context.request['cluster']) ?? 'default';
  const lower = text.toLowerCase();
  if (text.includes('ClusterNotFoundException')) {
    return `Failed to run ECS task, cluster '${cluster}' not found. Confirm that the cluster is configured in your region.`;
  }
  if (text.includes('No Container Instances') && context.request['launchType'] === 'EC2') {
    return (
      `Failed to run ECS task, cluster '${cluster}' does not appear to have any container instances associated with it. ` +
      'Confirm that you have EC2 container instances available.'
    );
  }
  if (
    context.configureCloudwatchLogs &&
    text.includes('failed to validate logger args') &&
    text.includes('AccessDeniedException')
  ) {
    return (
      'Failed to run ECS task, the attached execution role does not appear to have sufficient permissions. Ensure that ' +
      `the execution role '${context.executionRoleArn ?? 'None'}' has permissions logs:CreateLogStream, ` +
      'logs:CreateLogGroup, and logs:PutLogEvents.'
    );
  }
  if (text.includes('TaskDefinition is inactive')) {
    return (
      'Failed to run ECS task, the task definition is inactive. Re-register the task definition or remove the ' +
      '`task_definition_arn` from your work pool configuration to allow Prefect to register a new task definition ' +
      'automatically.'
    );
  }
  if (
    ['no capacity', 'capacity provider', 'capacity is unavailable'].some((words) => lower.includes(words))
  ) {
    return capacityProviderError;
  }
  if (
    text.includes('InvalidParameterException') &&
    ['subnet', 'security group', 'network'].some((words) => lower.includes(words))
  ) {
    return (
      'Failed to run ECS task due to a network configuration error. Verify the subnets and security groups in your work ' +
      "pool's network configuration are valid and belong to the expected VPC."
    );
  }
  return undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
