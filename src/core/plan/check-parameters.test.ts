import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../kernel/json.ts';
import type { EcsJob } from '../job/ecs-job.ts';
import { aJob } from './a-job.test-support.ts';
import { checkLinkedRequest, checkParameters } from './check-parameters.ts';
import { launchPlanFor } from './launch-plan.ts';

function refusalOf(changes: Partial<EcsJob>): string {
  try {
    checkParameters(aJob(changes), 'us-east-1', { allowsUnknown: false });
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : 'no error';
  }
  return 'nothing';
}

/** A template of a definition with these keys beside its container. */
function defining(more: JsonObject, container: JsonObject = {}): Partial<EcsJob> {
  return {
    taskDefinition: {
      containerDefinitions: [{ name: 'prefect', image: 'example/job:1', ...container }],
      ...more,
    },
  };
}

function requesting(more: JsonObject): Partial<EcsJob> {
  return { taskRunRequest: { launchType: 'FARGATE', ...more } };
}

function overriding(override: JsonObject): Partial<EcsJob> {
  return requesting({ overrides: { containerOverrides: [override] } });
}

describe('A key that AWS does not know is refused with its name and the likely one', () => {
  it.each<[string, Partial<EcsJob>, string, string]>([
    [
      'snake case',
      defining({ ephemeral_storage: { sizeInGiB: 50 } }),
      'input: "ephemeral_storage"',
      'ephemeralStorage',
    ],
    ['capitals', defining({ taskRoleARN: 'arn:x' }), 'input: "taskRoleARN"', 'taskRoleArn'],
    [
      'in a container',
      defining({}, { working_directory: '/x' }),
      'containerDefinitions[0]: "working_directory"',
      'workingDirectory',
    ],
    [
      'singular',
      defining({}, { environmentFile: [{ value: 'x' }] }),
      'containerDefinitions[0]: "environmentFile"',
      'environmentFiles',
    ],
    [
      'in a request',
      requesting({ platform_version: '1.4.0' }),
      'input: "platform_version"',
      'platformVersion',
    ],
    [
      'plural',
      requesting({ enableExecuteCommands: true }),
      'input: "enableExecuteCommands"',
      'enableExecuteCommand',
    ],
    [
      'of a volume',
      defining({ volumes: [{ name: 'v', efsVolumeConfig: { fileSystemId: 'f' } }] }),
      'volumes[0]: "efsVolumeConfig"',
      'efsVolumeConfiguration',
    ],
    [
      'of a file system',
      defining({ volumes: [{ name: 'v', efsVolumeConfiguration: { fileSystemID: 'f' } }] }),
      'volumes[0].efsVolumeConfiguration: "fileSystemID"',
      'fileSystemId',
    ],
    [
      'of a log driver',
      defining({}, { logConfiguration: { log_driver: 'awslogs' } }),
      'containerDefinitions[0].logConfiguration: "log_driver"',
      'logDriver',
    ],
    [
      'of a health check',
      defining({}, { healthCheck: { command: ['x'], start_period: 5 } }),
      'containerDefinitions[0].healthCheck: "start_period"',
      'startPeriod',
    ],
    [
      'of a port',
      defining({}, { portMappings: [{ container_port: 80 }] }),
      'containerDefinitions[0].portMappings[0]: "container_port"',
      'containerPort',
    ],
    [
      'of a secret',
      defining({}, { secrets: [{ name: 'S', value_from: 'arn:x' }] }),
      'containerDefinitions[0].secrets[0]: "value_from"',
      'valueFrom',
    ],
    [
      'of a limit',
      defining({}, { ulimits: [{ name: 'nofile', soft: 1, hard: 1 }] }),
      'containerDefinitions[0].ulimits[0]: "soft"',
      'softLimit',
    ],
    [
      'of a dependency',
      defining({}, { dependsOn: [{ container: 'c', condition: 'START' }] }),
      'containerDefinitions[0].dependsOn[0]: "container"',
      'containerName',
    ],
    [
      'of a platform',
      defining({ runtimePlatform: { cpu_architecture: 'ARM64' } }),
      'runtimePlatform: "cpu_architecture"',
      'cpuArchitecture',
    ],
    [
      'of storage',
      defining({ ephemeralStorage: { sizeInGib: 50 } }),
      'ephemeralStorage: "sizeInGib"',
      'sizeInGiB',
    ],
    [
      'of a variable',
      defining({}, { environment: [{ Name: 'A', Value: 'b' }] }),
      'containerDefinitions[0].environment[0]: "Name"',
      'name',
    ],
    [
      'of an override',
      overriding({ env: [{ name: 'A', value: 'b' }] }),
      'overrides.containerOverrides[0]: "env"',
      'environment',
    ],
    [
      'of its variable',
      overriding({ environment: [{ Name: 'A', Value: 'b' }] }),
      'overrides.containerOverrides[0].environment[0]: "Name"',
      'name',
    ],
    [
      'of all overrides',
      requesting({ overrides: { container_overrides: [], task_role_arn: 'arn:x' } }),
      'overrides: "task_role_arn"',
      'taskRoleArn',
    ],
    [
      'of a strategy',
      requesting({ capacityProviderStrategy: [{ capacity_provider: 'FARGATE' }] }),
      'capacityProviderStrategy[0]: "capacity_provider"',
      'capacityProvider',
    ],
    [
      'of a network',
      requesting({
        networkConfiguration: { awsvpcConfiguration: { subnets: ['s'], security_groups: ['g'] } },
      }),
      'networkConfiguration.awsvpcConfiguration: "security_groups"',
      'securityGroups',
    ],
    [
      'around a network',
      requesting({ networkConfiguration: { awsVpcConfiguration: { subnets: ['s'] } } }),
      'networkConfiguration: "awsVpcConfiguration"',
      'awsvpcConfiguration',
    ],
    [
      'of a placement',
      requesting({ placementStrategy: [{ types: 'spread' }] }),
      'placementStrategy[0]: "types"',
      'type',
    ],
    ['of a tag', requesting({ tags: [{ Key: 'a', Value: 'b' }] }), 'tags[0]: "Key"', 'key'],
    [
      'of a tag of the definition',
      defining({ tags: [{ Key: 'a', Value: 'b' }] }),
      'tags[0]: "Key"',
      'key',
    ],
    [
      'of an own network',
      { vpcId: 'v', networkConfiguration: { subnets: ['s'], securityGroup: ['g'] } },
      'awsvpcConfiguration: "securityGroup"',
      'securityGroups',
    ],
    [
      'beside an own network',
      { vpcId: 'v', networkConfiguration: { awsvpcConfiguration: { subnets: ['s'] }, awsVpc: 1 } },
      'input: "awsVpc"',
      'awsvpcConfiguration',
    ],
    [
      'of a volume at launch',
      requesting({ volumeConfigurations: [{ name: 'v', managed_ebs_volume: { roleArn: 'r' } }] }),
      'volumeConfigurations[0]: "managed_ebs_volume"',
      'managedEBSVolume',
    ],
  ])('%s', (_what, changes, place, meant) => {
    const words = refusalOf(changes);

    expect(words).toMatch(
      /^ParamValidationError: Parameter validation failed:\nUnknown parameter in /,
    );
    expect(words).toContain(`Unknown parameter in ${place}, must be one of: `);
    expect(words).toContain(`. Did you mean "${meant}"?`);
  });

  it('names the field of the template to fix, and says that nothing was sent', () => {
    expect(refusalOf(defining({ taskRoleARN: 'arn:x' }))).toContain(
      'Nothing was sent to AWS. Fix `task_definition` in the work pool’s'.replace('’', "'"),
    );
    expect(refusalOf(requesting({ platform_version: '1' }))).toContain(
      'Fix `task_run_request` in ',
    );
    expect(refusalOf({ vpcId: 'v', networkConfiguration: { subnet: ['s'] } })).toContain(
      'Fix `network_configuration` in ',
    );
  });

  it('recognizes a document that is wrapped one level too deep', () => {
    const described = {
      containerDefinitions: [{ name: 'c', image: 'i' }],
      family: 'f',
      status: 'ACTIVE',
      revision: 3,
    };

    expect(refusalOf({ taskDefinition: { taskDefinition: described, tags: [] } })).toContain(
      'replace "taskDefinition" by its content.',
    );
    expect(
      refusalOf({ taskRunRequest: { runTask: { cluster: 'c', launchType: 'EC2' } } }),
    ).toContain('replace "runTask" by its content.');
  });

  it('mentions the setting only if no known field is similar', () => {
    expect(refusalOf(defining({ quantumEntanglement: 'on' }))).toContain(
      'PREFECT_ECS_ALLOW_UNKNOWN_AWS_FIELDS=true',
    );
    expect(refusalOf(defining({ taskRoleARN: 'arn:x' }))).not.toContain(
      'PREFECT_ECS_ALLOW_UNKNOWN',
    );
  });

  it('stays on one line, whatever a key is called', () => {
    expect(refusalOf(defining({ 'a\nERROR: b': 1 }))).toContain(
      'input: "a\\nERROR: b", must be one of: ',
    );
    expect(refusalOf(defining({}, { dockerLabels: { 'a\nb': 5 } }))).toContain(
      'dockerLabels.a\\nb, type: ',
    );
  });

  it('shows the first five of many problems, and the number of the others', () => {
    const many = Object.fromEntries(Array.from({ length: 7 }, (_, at) => [`zzzzz${at}`, 'x']));

    expect(refusalOf(defining(many)).match(/Unknown parameter/g)).toHaveLength(5);
    expect(refusalOf(defining(many))).toContain('\n2 more.\n');
  });
});

describe('A value of a wrong type is refused with its path, without the value', () => {
  it.each<[string, Partial<EcsJob>, string]>([
    [
      'a text for a number',
      defining({ ephemeralStorage: { sizeInGiB: '50' } }),
      "ephemeralStorage.sizeInGiB, type: <class 'str'>, valid types: <class 'int'>. Found a text, expected a whole number.",
    ],
    [
      'a number for a text',
      defining({ family: 5 }),
      "family, type: <class 'int'>, valid types: <class 'str'>",
    ],
    [
      'a fraction',
      defining({ ephemeralStorage: { sizeInGiB: 20.5 } }),
      "ephemeralStorage.sizeInGiB, type: <class 'float'>",
    ],
    [
      'more digits than a number has',
      defining({}, { stopTimeout: 2 ** 60 }),
      'containerDefinitions[0].stopTimeout, ',
    ],
    [
      'true for a number',
      defining({}, { stopTimeout: true }),
      "containerDefinitions[0].stopTimeout, type: <class 'bool'>",
    ],
    [
      'a text for true',
      defining({}, { essential: 'true' }),
      "containerDefinitions[0].essential, type: <class 'str'>, valid types: <class 'bool'>",
    ],
    [
      'a list for a map',
      defining({}, { dockerLabels: ['a=b'] }),
      "containerDefinitions[0].dockerLabels, type: <class 'list'>, valid types: <class 'dict'>",
    ],
    [
      'a map for a list',
      defining({}, { environment: { A: 'b' } }),
      "containerDefinitions[0].environment, type: <class 'dict'>, valid types: <class 'list'>",
    ],
    [
      'a text for a list',
      defining({}, { command: 'echo hi' }),
      "containerDefinitions[0].command, type: <class 'str'>",
    ],
    [
      'texts for variables',
      defining({}, { environment: ['A=b'] }),
      'containerDefinitions[0].environment[0], ',
    ],
    [
      'a number as a variable',
      defining({}, { environment: [{ name: 'A', value: 5 }] }),
      'containerDefinitions[0].environment[0].value, ',
    ],
    [
      'a number as a label',
      defining({}, { dockerLabels: { a: 5 } }),
      'containerDefinitions[0].dockerLabels.a, ',
    ],
    [
      'a number as an option',
      defining({}, { logConfiguration: { logDriver: 'awslogs', options: { mode: 5 } } }),
      'containerDefinitions[0].logConfiguration.options.mode, ',
    ],
    [
      'one container',
      { taskDefinition: { containerDefinitions: { name: 'prefect', image: 'i' } } },
      'containerDefinitions, ',
    ],
    [
      'a text as a container',
      { taskDefinition: { containerDefinitions: ['image:1'] } },
      'containerDefinitions[0], ',
    ],
    [
      'null in a list',
      defining({}, { command: ['a', null] }),
      "containerDefinitions[0].command[1], type: <class 'NoneType'>",
    ],
    [
      'one compatibility',
      defining({ requiresCompatibilities: 'FARGATE' }),
      'requiresCompatibilities, ',
    ],
    ['a number as a mode', defining({ networkMode: 5 }), 'networkMode, '],
    [
      'true as a size',
      defining({ cpu: true }),
      "cpu, type: <class 'bool'>, valid types: <class 'str'>, <class 'int'>, <class 'float'>",
    ],
    ['a text as overrides', requesting({ overrides: 'x' }), 'overrides, '],
    [
      'one override',
      requesting({ overrides: { containerOverrides: { name: 'prefect' } } }),
      'overrides.containerOverrides, ',
    ],
    [
      'variables as a text',
      overriding({ environment: 'A=b' }),
      'overrides.containerOverrides[0].environment, ',
    ],
    [
      'a variable that is a list',
      overriding({ environment: { A: ['b'] } }),
      'overrides.containerOverrides[0].environment[0].value, ',
    ],
    [
      'one provider',
      requesting({ capacityProviderStrategy: { capacityProvider: 'FARGATE' } }),
      'capacityProviderStrategy, ',
    ],
    [
      'a weight as a text',
      requesting({ capacityProviderStrategy: [{ capacityProvider: 'FARGATE', weight: '1' }] }),
      'capacityProviderStrategy[0].weight, ',
    ],
    ['tags as a text', requesting({ tags: 'a=b' }), 'tags, '],
    ['texts as tags', requesting({ tags: ['a=b'] }), 'tags[0], '],
    ['a count as a text', requesting({ count: '1' }), 'count, '],
    [
      'a definition in the place of its name',
      requesting({ taskDefinition: { family: 'f' } }),
      'taskDefinition, ',
    ],
    ['a number as a launch type', { taskRunRequest: { launchType: 5 } }, 'launchType, '],
    [
      'one subnet',
      requesting({ networkConfiguration: { awsvpcConfiguration: { subnets: 's' } } }),
      'networkConfiguration.awsvpcConfiguration.subnets, ',
    ],
    [
      'an own network',
      { vpcId: 'v', networkConfiguration: { awsvpcConfiguration: 'x' } },
      'Invalid type for parameter awsvpcConfiguration, ',
    ],
  ])('%s', (_what, changes, words) => {
    const refused = refusalOf(changes);

    expect(refused).toMatch(/^ParamValidationError: Parameter validation failed:\n/);
    expect(refused).toContain(words);
  });

  it('shows no values, because any may be secret', () => {
    const secret = 'a-very-secret-value';

    expect(refusalOf(overriding({ environment: `API_KEY=${secret}` }))).not.toContain(secret);
    expect(refusalOf(defining({}, { environment: [`API_KEY=${secret}`] }))).not.toContain(secret);
  });
});

describe('A missing member is reported', () => {
  it.each<[string, Partial<EcsJob>, string]>([
    [
      'of storage',
      defining({
        ephemeralStorage: {},
        runtimePlatform: {},
        volumes: [{ efsVolumeConfiguration: { rootDirectory: '/' } }],
      }),
      'Missing required parameter in volumes[0].efsVolumeConfiguration: "fileSystemId"',
    ],
    [
      'of a secret',
      defining({}, { secrets: [{ name: 'S' }] }),
      'Missing required parameter in containerDefinitions[0].secrets[0]: "valueFrom"',
    ],
    [
      'of a limit',
      defining({}, { ulimits: [{ name: 'nofile', softLimit: 0 }] }),
      'ulimits[0]: "hardLimit"',
    ],
    [
      'of an own network',
      { vpcId: 'v', networkConfiguration: { assignPublicIp: 'ENABLED' } },
      'Missing required parameter in networkConfiguration.awsvpcConfiguration: "subnets"',
    ],
  ])('%s', (_what, changes, words) => {
    expect(refusalOf(changes)).toContain(words);
  });
});

describe('The network for a linked definition', () => {
  const job = aJob({
    ...requesting({ taskDefinition: 'f:1' }),
    vpcId: 'v',
    networkConfiguration: { assignPublicIp: 'ENABLED' },
  });
  const check = (networkMode: string) => () =>
    checkLinkedRequest(job, { networkMode }, { allowsUnknown: false });

  it('is checked after the definition was read, and only if it is sent', () => {
    expect(() => checkParameters(job, 'us-east-1', { allowsUnknown: false })).not.toThrow();
    expect(check('bridge')).not.toThrow();
    expect(check('awsvpc')).toThrow(
      'Missing required parameter in networkConfiguration.awsvpcConfiguration: "subnets"',
    );
  });
});

describe('A value that is converted before it is sent may have either type', () => {
  it.each<[string, Partial<EcsJob>]>([
    ['sizes of a task as numbers', defining({ cpu: 256, memory: 512 })],
    ['sizes of a task in units', defining({ cpu: '1 vCPU', memory: '2 GB' })],
    [
      'sizes of a container as texts, on EC2',
      { ...defining({}, { cpu: '256', memory: '1 GB' }), ...requesting({ launchType: 'EC2' }) },
    ],
    [
      'sizes of overrides',
      requesting({ overrides: { cpu: 256, memory: '512', containerOverrides: [{ cpu: '128' }] } }),
    ],
    ['a command as a text', overriding({ command: 'echo hi' })],
    ['variables as an object', overriding({ environment: { A: 1, B: true, C: null, D: '' } })],
    [
      'variables that are numbers',
      overriding({ environment: [{ name: 'A', value: 1 }, { name: 'B' }] }),
    ],
    ['tags as an object', requesting({ tags: { a: 1, b: null, c: 'x' } })],
    ['tags that are numbers', requesting({ tags: [{ key: 'a', value: 1 }, { key: 'b' }] })],
    [
      'placeholders that nothing filled',
      defining({ cpu: null, volumes: [], taskRoleArn: '' }, { memory: null, logConfiguration: {} }),
    ],
    [
      'nulls in a request',
      requesting({ cluster: null, tags: null, networkConfiguration: null, group: null }),
    ],
    [
      'a copy of what was described',
      defining({
        taskDefinitionArn: 'arn:x',
        revision: 3,
        status: 'ACTIVE',
        requiresAttributes: [{ name: 'a' }],
        compatibilities: ['EC2'],
        registeredAt: '2026-01-01',
        registeredBy: 'arn:y',
        deregisteredAt: 1,
        deleteRequestedAt: 1,
      }),
    ],
    [
      'an own network without its outer object',
      { vpcId: 'v', networkConfiguration: { subnets: ['s'] } },
    ],
    [
      'a definition by name, with a template that is not used',
      { ...requesting({ taskDefinition: 'f:1' }), taskDefinition: { nonsense: 1 } },
    ],
    [
      'a variable without value, of a sidecar',
      defining({}, { environment: [{ name: 'A', value: null }] }),
    ],
  ])('%s', (_what, changes) => {
    expect(refusalOf(changes)).toBe('nothing');
  });

  it('drops members that only AWS writes', () => {
    const plan = launchPlanFor(
      aJob({
        ...defining({ registeredAt: 'x', revision: 3 }),
        ...requesting({ launchType: 'EC2' }),
      }),
      {
        region: 'eu-west-1',
      },
    );

    expect(Object.keys(plan.definition.document)).not.toContain('registeredAt');
    expect(Object.keys(plan.definition.document)).not.toContain('revision');
  });
});
