import { z } from 'zod';
import { clientException, invalidParameter } from './aws-error.ts';
import type { TaskDefinition } from './task-definitions.ts';

const Tag = z.looseObject({ key: z.string().optional(), value: z.string().optional() });

const ContainerOverride = z.looseObject({
  name: z.string().optional(),
  command: z.array(z.string()).optional(),
  environment: z
    .array(z.looseObject({ name: z.string().optional(), value: z.string().optional() }))
    .optional(),
  cpu: z.number().int().optional(),
  memory: z.number().int().optional(),
  memoryReservation: z.number().int().optional(),
});
export type ContainerOverride = z.infer<typeof ContainerOverride>;

export const RunTaskInput = z.looseObject({
  taskDefinition: z.string(),
  cluster: z.string().optional(),
  count: z.number().int().optional(),
  launchType: z.string().optional(),
  capacityProviderStrategy: z
    .array(
      z.looseObject({
        capacityProvider: z.string(),
        weight: z.number().int().optional(),
        base: z.number().int().optional(),
      }),
    )
    .optional(),
  networkConfiguration: z
    .looseObject({
      awsvpcConfiguration: z
        .looseObject({
          subnets: z.array(z.string()),
          securityGroups: z.array(z.string()).optional(),
          assignPublicIp: z.enum(['ENABLED', 'DISABLED']).optional(),
        })
        .optional(),
    })
    .optional(),
  overrides: z
    .looseObject({
      containerOverrides: z.array(ContainerOverride).optional(),
      cpu: z.string().optional(),
      memory: z.string().optional(),
    })
    .optional(),
  clientToken: z.string().optional(),
  startedBy: z.string().optional(),
  group: z.string().optional(),
  tags: z.array(Tag).optional(),
  propagateTags: z.string().optional(),
  enableExecuteCommand: z.boolean().optional(),
  platformVersion: z.string().optional(),
});
export type RunTaskInput = z.infer<typeof RunTaskInput>;

const mostTags = 50;
const longestOverrides = 8192;
const mostSubnets = 16;
const launchTypes: readonly string[] = ['EC2', 'FARGATE', 'EXTERNAL', 'MANAGED_INSTANCES'];
const validTagText = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** Refuses what RunTask refuses whatever the definition says (aws-ecs.md B.3). */
export function checkRunTask(input: RunTaskInput): void {
  const { count = 1, startedBy, clientToken, launchType, capacityProviderStrategy } = input;
  if (count < 1 || count > 10) throw invalidParameter('Count must be between 1 and 10.');
  if (startedBy !== undefined && !/^[A-Za-z0-9\-_/]{0,128}$/.test(startedBy)) {
    throw invalidParameter(
      'startedBy must be 128 characters or fewer of letters, numbers, hyphens, underscores and slashes.',
    );
  }
  if (clientToken !== undefined && !/^[\x21-\x7e]{1,64}$/.test(clientToken)) {
    throw invalidParameter('clientToken must be 64 characters or fewer in the range of 33-126.');
  }
  if (launchType !== undefined && !launchTypes.includes(launchType)) {
    throw invalidParameter(
      `1 validation error detected: Value '${launchType}' at 'launchType' failed to satisfy constraint.`,
    );
  }
  if (
    launchType !== undefined &&
    capacityProviderStrategy !== undefined &&
    capacityProviderStrategy.length > 0
  ) {
    throw invalidParameter(
      'Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.',
    );
  }
  if (input.propagateTags === 'SERVICE')
    throw invalidParameter('SERVICE is not a valid value for propagateTags.');
  if (input.overrides !== undefined && JSON.stringify(input.overrides).length > longestOverrides) {
    throw invalidParameter(`Container Overrides length must be at most ${longestOverrides}`);
  }
  checkTags(input.tags ?? []);
  checkSubnets(input);
}

function checkTags(tags: NonNullable<RunTaskInput['tags']>): void {
  if (tags.length > mostTags) throw invalidParameter(`The maximum number of tags is ${mostTags}.`);
  for (const { key = '', value = '' } of tags) {
    if (key === '') throw clientException('Tags can not be empty.');
    if (key.length > 128 || value.length > 256) throw invalidParameter(`The tag '${key}' is too long.`);
    if (/^aws:/i.test(key)) throw invalidParameter('Tag keys may not begin with aws:.');
    if (!validTagText.test(key) || !validTagText.test(value)) {
      throw invalidParameter(`The tag '${key}' holds characters that are not allowed.`);
    }
  }
  if (new Set(tags.map((tag) => tag.key)).size < tags.length)
    throw invalidParameter('Duplicate tag keys are not allowed.');
}

function checkSubnets(input: RunTaskInput): void {
  const subnets = input.networkConfiguration?.awsvpcConfiguration?.subnets;
  if (subnets === undefined) return;
  if (subnets.length === 0) throw invalidParameter('subnets can not be empty.');
  if (subnets.length > mostSubnets) throw invalidParameter(`subnets can have at most ${mostSubnets} items.`);
}

/** Refuses what does not go with the definition. */
export function checkAgainstDefinition(input: RunTaskInput, definition: TaskDefinition): void {
  if (definition.status === 'INACTIVE') throw clientException('TaskDefinition is inactive');
  const { document } = definition;
  const launchType = effectiveLaunchType(input);
  if (launchType === 'FARGATE' && document.requiresCompatibilities?.includes('FARGATE') !== true) {
    throw invalidParameter('Task definition does not support launch_type FARGATE.');
  }
  const network = input.networkConfiguration?.awsvpcConfiguration;
  if (document.networkMode === 'awsvpc' && network === undefined) {
    throw invalidParameter("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  }
  if (document.networkMode !== 'awsvpc' && network !== undefined) {
    throw invalidParameter(
      'Network Configuration is not valid for the given networkMode of this task definition.',
    );
  }
  const names = new Set(document.containerDefinitions.map((container) => container.name));
  for (const override of input.overrides?.containerOverrides ?? []) {
    if (override.name === undefined || !names.has(override.name)) {
      throw invalidParameter(
        `Override for container named ${override.name ?? ''} is not a container in the TaskDefinition.`,
      );
    }
  }
  if (launchType === 'EC2') throw invalidParameter('No Container Instances were found in your cluster.');
}

/** Where the task lands: Fargate's providers are Fargate; with neither given a cluster without strategy means EC2. */
export function effectiveLaunchType(input: RunTaskInput): string {
  if (input.launchType !== undefined) return input.launchType;
  const providers = (input.capacityProviderStrategy ?? []).map((item) => item.capacityProvider);
  if (providers.length === 0) return 'EC2';
  const unknown = providers.find((provider) => provider !== 'FARGATE' && provider !== 'FARGATE_SPOT');
  if (unknown !== undefined) {
    throw invalidParameter(`The specified capacity provider '${unknown}' was not found.`);
  }
  return 'FARGATE';
}
