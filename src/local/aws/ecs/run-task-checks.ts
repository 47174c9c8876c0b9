import { AwsError, clientException, invalidParameter } from '../wire/aws-error.ts';
import { checkStrategy } from '../capacity/capacity-providers.ts';
import { checkFargateSize } from './fargate.ts';
import type { RunTaskInput } from './run-task-input.ts';
import { readTags } from './tags.ts';
import type { LaunchType } from './task.ts';
import type { TaskDefinition } from './task-definitions.ts';

const longestOverrides = 8192;
const launchTypes: readonly string[] = ['EC2', 'FARGATE', 'EXTERNAL', 'MANAGED_INSTANCES'];
const platformVersions: readonly string[] = ['LATEST', '1.4.0', '1.3.0'];

/** Refuses what RunTask refuses whatever the definition is (aws-ecs.md B.3.1). */
export function checkRunTask(input: RunTaskInput): void {
  const { count = 1, startedBy, clientToken } = input;
  if (count < 1 || count > 10) throw invalidParameter('Count must be between 1 and 10.');
  if (startedBy !== undefined && !/^[A-Za-z0-9\-_/]{0,128}$/.test(startedBy)) {
    throw invalidParameter(
      'startedBy must be 128 characters or fewer of letters, numbers, hyphens, underscores and ' +
        'slashes.',
    );
  }
  if (clientToken !== undefined && !/^[\x21-\x7e]{1,64}$/.test(clientToken)) {
    throw invalidParameter('clientToken must be 64 characters or fewer in the range of 33-126.');
  }
  checkLaunch(input);
  if (
    input.propagateTags !== undefined &&
    !['TASK_DEFINITION', 'NONE'].includes(input.propagateTags)
  )
    throw invalidParameter(`${input.propagateTags} is not a valid value for propagateTags.`);
  if (input.overrides !== undefined && JSON.stringify(input.overrides).length > longestOverrides) {
    throw invalidParameter(`Container Overrides length must be at most ${longestOverrides}`);
  }
  readTags(input.tags ?? []);
  checkNetwork(input);
}

function checkLaunch({ launchType, ...input }: RunTaskInput): void {
  if (launchType !== undefined && !launchTypes.includes(launchType)) {
    throw invalidParameter(
      `1 validation error detected: Value '${launchType}' at 'launchType' failed to satisfy ` +
        'constraint.',
    );
  }
  if (launchType === 'MANAGED_INSTANCES') {
    throw invalidParameter('MANAGED_INSTANCES is available through a capacity provider only.');
  }
  const strategy = input.capacityProviderStrategy ?? [];
  if (launchType !== undefined && strategy.length > 0) {
    throw invalidParameter(
      'Specifying both a launch type and capacity provider strategy is not supported. Remove ' +
        'one and try again.',
    );
  }
  checkStrategy(strategy);
  if ((input.placementConstraints ?? []).length > 10)
    throw invalidParameter('placementConstraints can have at most 10 items.');
  if ((input.placementStrategy ?? []).length > 5)
    throw invalidParameter('placementStrategy can have at most 5 items.');
}

function checkNetwork(input: RunTaskInput): void {
  const network = input.networkConfiguration?.awsvpcConfiguration;
  if (network === undefined) return;
  const { subnets, securityGroups = [] } = network;
  if (subnets.length === 0) throw invalidParameter('subnets can not be empty.');
  if (subnets.length > 16) throw invalidParameter('subnets can have at most 16 items.');
  if (securityGroups.length > 5) throw invalidParameter('securityGroups can have at most 5 items.');
}

/**
 * Refuses requests that do not fit the definition, or the capacity on which the task should run.
 */
export function checkAgainstDefinition(
  input: RunTaskInput,
  definition: TaskDefinition,
  launchType: LaunchType,
): void {
  if (definition.status !== 'ACTIVE') throw clientException('TaskDefinition is inactive');
  const { document } = definition;
  if (launchType === 'FARGATE') checkFargate(input, definition);
  else if (input.platformVersion !== undefined) {
    throw invalidParameter('The platform version must be null when specifying an EC2 launch type.');
  }
  const network = input.networkConfiguration?.awsvpcConfiguration;
  if (document.networkMode === 'awsvpc' && network === undefined) {
    throw invalidParameter(
      "Network Configuration must be provided when networkMode 'awsvpc' is specified.",
    );
  }
  if (document.networkMode !== 'awsvpc' && network !== undefined) {
    throw invalidParameter(
      'Network Configuration is not valid for the given networkMode of this task definition.',
    );
  }
  if (
    input.enableExecuteCommand === true &&
    (input.overrides?.taskRoleArn ?? document.taskRoleArn) === undefined
  ) {
    throw invalidParameter(
      'A task role is required to use ECS Exec: the task definition has none.',
    );
  }
  const names = new Set(document.containerDefinitions.map((container) => container.name));
  for (const override of input.overrides?.containerOverrides ?? []) {
    if (override.name === undefined || !names.has(override.name)) {
      throw invalidParameter(
        `Override for container named ${override.name ?? ''} is not a container in the ` +
          'TaskDefinition.',
      );
    }
  }
}

function checkFargate(input: RunTaskInput, { document }: TaskDefinition): void {
  if (document.requiresCompatibilities?.includes('FARGATE') !== true) {
    throw invalidParameter('Task definition does not support launch_type FARGATE.');
  }
  const { platformVersion, overrides } = input;
  if (platformVersion !== undefined && !platformVersions.includes(platformVersion)) {
    throw new AwsError(
      'PlatformUnknownException',
      'The specified platform version does not exist.',
    );
  }
  if ((input.placementConstraints ?? []).length > 0)
    throw invalidParameter('Placement constraints are not supported with FARGATE launch type.');
  if ((input.placementStrategy ?? []).length > 0)
    throw invalidParameter('Placement strategies are not supported with FARGATE launch type.');
  checkFargateSize(
    overrides?.cpu ?? document.cpu ?? '',
    overrides?.memory ?? document.memory ?? '',
  );
  checkEphemeralStorage(overrides?.ephemeralStorage?.sizeInGiB);
}

/** 21 to 200 GiB, when it is set (aws-ecs.md B.5.5). */
export function checkEphemeralStorage(sizeInGiB: number | undefined): void {
  if (sizeInGiB === undefined || (sizeInGiB >= 21 && sizeInGiB <= 200)) return;
  throw invalidParameter(
    'The specified ephemeral storage size is not valid. Specify a value between 21 and 200 GiB.',
  );
}
