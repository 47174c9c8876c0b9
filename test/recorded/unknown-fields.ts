import type { JsonObject } from '../../src/kernel/json.ts';

/** What somebody wrote into the built-in template. */
export interface WrittenFields {
  /**
   * Beside its own keys of the definition; a definition as a whole where it has containers, or
   * wraps one.
   */
  readonly definition?: JsonObject;
  readonly container?: JsonObject;
  readonly request?: JsonObject;
}

/**
 * A definition as DescribeTaskDefinition tells it: what only AWS writes is left out, and the rest
 * registered.
 */
export const describedDefinition = {
  taskDefinitionArn: 'arn:aws:ecs:us-east-1:123456789012:task-definition/mine:3',
  containerDefinitions: [
    { name: 'prefect', image: 'mine/flows:1', cpu: 0, essential: true, environment: [] },
  ],
  family: 'mine',
  networkMode: 'awsvpc',
  revision: 3,
  volumes: [],
  status: 'ACTIVE',
  requiresAttributes: [{ name: 'ecs.capability.task-eni' }],
  placementConstraints: [],
  compatibilities: ['EC2', 'FARGATE'],
  requiresCompatibilities: ['FARGATE'],
  cpu: '256',
  memory: '512',
  registeredAt: 1_700_000_000.123,
  registeredBy: 'arn:aws:iam::123456789012:user/x',
};

/** Keys that people wrote and AWS does not know: what, where it is met, and what is advised. */
export const unknownFields: readonly (readonly [
  key: string,
  written: WrittenFields,
  place: string,
  advice: string,
])[] = [
  [
    'ephemeral_storage',
    { definition: { ephemeral_storage: { sizeInGiB: 50 } } },
    'input',
    'Did you mean "ephemeralStorage"?',
  ],
  [
    'taskRoleARN',
    { definition: { taskRoleARN: 'arn:aws:iam::123456789012:role/x' } },
    'input',
    'Did you mean "taskRoleArn"?',
  ],
  [
    'working_directory',
    { container: { working_directory: '/x' } },
    'containerDefinitions[0]',
    'Did you mean "workingDirectory"?',
  ],
  [
    'environmentFile',
    { container: { environmentFile: [{ type: 's3', value: 'arn:x' }] } },
    'containerDefinitions[0]',
    'Did you mean "environmentFiles"?',
  ],
  [
    'platform_version',
    { request: { platform_version: '1.4.0' } },
    'input',
    'Did you mean "platformVersion"?',
  ],
  [
    'enableExecuteCommands',
    { request: { enableExecuteCommands: true } },
    'input',
    'Did you mean "enableExecuteCommand"?',
  ],
  [
    'taskDefinition',
    { definition: { taskDefinition: describedDefinition, tags: [] } },
    'input',
    'wrapped one level too deep',
  ],
];
