import { RuntimeError } from '../../kernel/errors.ts';
import { AwsCallError, classifyAwsError } from './aws-error.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { EcsFailure } from '../task/task.ts';

export interface LaunchContext {
  /** RunTask's input. */
  readonly request: JsonObject;
  readonly configureCloudwatchLogs: boolean;
  /** The configured execution role, else the definition's. */
  readonly executionRoleArn: string | undefined;
}

/** ECS accepted the call but placed no task (worker.md 8.1). `failures` as returned. */
export class TaskNotPlacedError extends RuntimeError {
  readonly failures: readonly EcsFailure[];

  constructor(failures: readonly EcsFailure[]) {
    const first = failures[0];
    super(
      first === undefined
        ? 'Failed to run ECS task: no tasks or failures were returned.'
        : `Failed to run ECS task: ${reasonWithDetail(first)}`,
    );
    this.failures = failures;
  }
}

export function taskNotPlacedError(failures: readonly EcsFailure[]): TaskNotPlacedError {
  return new TaskNotPlacedError(failures);
}

/** The detail says which one: `ATTRIBUTE` alone does not help. */
export function reasonWithDetail({ reason, detail }: EcsFailure): string {
  const suffix = detail === undefined || detail === '' ? '' : ` (${detail})`;
  return `${reason ?? 'no reason given'}${suffix}`;
}

/**
 * The last error of a launch in the exact words of worker.md 8.4, followed by AWS's own text. An
 * error without a row there stays as it is, and so does a throttle or server error: without this,
 * a throttled EC2 read would be reported as a wrong network configuration, whose code it has.
 */
export function translateLaunchError(error: Error, context: LaunchContext): Error {
  if (isAboutAwsAlone(error)) return error;
  const words = messageFor(textToMatch(error), context);
  return words === undefined
    ? error
    : new RuntimeError(`${words}${toldBy(error)}`, { cause: error });
}

/**
 * The end of a wait for capacity, in the exact words of worker.md 8.4, and what the run waited for.
 * ECS's short reasons (`RESOURCE:MEMORY`) match no row there and get the capacity row.
 */
export function waitedInVainError(
  error: Error,
  waited: { readonly reason: string; readonly seconds: number },
  context: LaunchContext,
): Error {
  const words = messageFor(textToMatch(error), context) ?? capacityProviderError;
  return new RuntimeError(
    `${words} The flow run waited ${Math.round(waited.seconds)} seconds for capacity: ${waited.reason}`,
    { cause: error },
  );
}

/** What a run without capacity waits for, in sentences, with the usual advice if there is any. */
export function capacityWords(error: Error, reason: string, context: LaunchContext): string {
  const words = noInstancesIn(textToMatch(error), context);
  return words === undefined
    ? `ECS had no capacity for the task (${reason}).`
    : asSentence(`${words}${toldBy(error)}`);
}

function isAboutAwsAlone(error: Error): boolean {
  return (
    error instanceof AwsCallError && ['throttled', 'transient'].includes(classifyAwsError(error))
  );
}

function textToMatch(error: Error): string {
  return `${error.name}: ${error instanceof AwsCallError ? error.said : error.message}`;
}

/** AWS's own text, which the translation would hide. */
function toldBy(error: Error): string {
  if (error instanceof AwsCallError) return ` AWS answered: ${error.message}`;
  if (!(error instanceof TaskNotPlacedError)) return '';
  return ` RunTask returned failures: ${error.failures.map(reasonWithDetail).join(', ')}`;
}

const capacityProviderError =
  'Failed to run ECS task due to a capacity provider error. Verify that your Fargate or EC2 capacity providers are ' +
  'correctly configured for the cluster and that the requested capacity is available.';

function messageFor(text: string, context: LaunchContext): string | undefined {
  const lower = text.toLowerCase();
  if (text.includes('ClusterNotFoundException')) {
    return `Failed to run ECS task, cluster '${clusterIn(context)}' not found. Confirm that the cluster is configured in your region.`;
  }
  const withoutInstances = noInstancesIn(text, context);
  if (withoutInstances !== undefined) return withoutInstances;
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
    ['no capacity', 'capacity provider', 'capacity is unavailable'].some((words) =>
      lower.includes(words),
    )
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

function noInstancesIn(text: string, context: LaunchContext): string | undefined {
  if (!text.includes('No Container Instances') || context.request['launchType'] !== 'EC2')
    return undefined;
  return (
    `Failed to run ECS task, cluster '${clusterIn(context)}' does not appear to have any container instances ` +
    'associated with it. Confirm that you have EC2 container instances available.'
  );
}

function clusterIn({ request }: LaunchContext): string {
  return textOf(request['cluster']) ?? 'default';
}

function asSentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
