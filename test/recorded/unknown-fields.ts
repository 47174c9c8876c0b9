import type { JsonObject } from '../../src/kernel/json.ts';

/** Keys that a user added to the built-in template. */
export interface WrittenFields {
  /** Added to the definition's keys. With containers or a nested definition it replaces it all. */
  readonly definition?: JsonObject;
  readonly container?: JsonObject;
  readonly request?: JsonObject;
}

/** A definition copied from DescribeTaskDefinition, with AWS's read-only fields. */
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

/** Keys unknown to AWS: the key, its place, and the advice that we give. */
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
