import { clientException } from '../wire/aws-error.ts';
import type { ContainerDefinition, RegisterTaskDefinitionInput } from './definition-input.ts';
import { checkFargateSize, sizeInUnits } from './fargate.ts';

const validName = /^[a-zA-Z0-9_-]{1,255}$/;
const longestDocument = 65_536;
const mostContainers = 10;
const mostStopTimeoutSeconds = 120;

const ecrImage = /^\d{12}\.dkr\.ecr\.[\w-]+\.amazonaws\.com(\.cn)?\//;

/** Refuses what RegisterTaskDefinition refuses, in AWS's words (aws-ecs.md B.5.2, B.5.3). */
export function checkDefinition(input: RegisterTaskDefinitionInput): void {
  if (!validName.test(input.family)) {
    throw clientException(
      'Family should not be blank.  Family must be 255 characters or fewer of letters, ' +
        'numbers, hyphens, and underscores.',
    );
  }
  const length = Buffer.byteLength(JSON.stringify(input));
  if (length > longestDocument) {
    throw clientException(
      `Actual length: '${length}'. Max allowed length is '${longestDocument}' bytes.`,
    );
  }
  const containers = input.containerDefinitions;
  if (containers.length === 0) throw clientException('Container list cannot be empty.');
  if (containers.length > mostContainers)
    throw clientException('Container list cannot have more than 10 containers.');
  for (const container of containers) {
    if (!validName.test(container.name))
      throw clientException(`Invalid container name: ${container.name}`);
    if (container.image === undefined || container.image === '')
      throw clientException('Container.image should not be null or empty.');
  }
  if (new Set(containers.map((container) => container.name)).size < containers.length) {
    throw clientException('Container names must be unique.');
  }
  if (containers.every((container) => container.essential === false)) {
    throw clientException('At least one container must be marked as essential.');
  }
  for (const container of containers) checkDependencies(container, containers);
  if (input.requiresCompatibilities?.includes('FARGATE') === true) validateFargate(input);
  else validateEc2(input);
}

function validateEc2(input: RegisterTaskDefinitionInput): void {
  for (const container of input.containerDefinitions) requireMemory(container, input.memory);
  const { cpu } = sizeInUnits(input.cpu, input.memory);
  if (cpu !== undefined && !(Number(cpu) >= 128 && Number(cpu) <= 196_608))
    throw clientException("Invalid 'cpu' setting for task.");
}

/** COMPLETE and SUCCESS wait for an end, but the end of an essential container ends the task. */
function checkDependencies(
  { name, dependsOn = [] }: ContainerDefinition,
  all: readonly ContainerDefinition[],
): void {
  for (const { containerName, condition } of dependsOn) {
    const other = all.find((candidate) => candidate.name === containerName);
    if (other === undefined || containerName === name) {
      throw clientException(
        `Invalid container dependency '${containerName}' of container '${name}'.`,
      );
    }
    const waitsForEnd = condition === 'COMPLETE' || condition === 'SUCCESS';
    if (waitsForEnd && other.essential !== false) {
      throw clientException(
        `A container with condition ${condition} must not be essential: '${containerName}'.`,
      );
    }
    if (condition === 'HEALTHY' && other.healthCheck === undefined) {
      throw clientException(
        `A container with condition HEALTHY needs a health check: '${containerName}'.`,
      );
    }
  }
  if (isCyclic(name, all)) throw clientException(`Container '${name}' depends on itself.`);
}

function isCyclic(start: string, all: readonly ContainerDefinition[]): boolean {
  const seen = new Set<string>();
  const ahead = [start];
  for (let name = ahead.pop(); name !== undefined; name = ahead.pop()) {
    for (const { containerName } of all.find((one) => one.name === name)?.dependsOn ?? []) {
      if (containerName === start) return true;
      if (!seen.has(containerName)) ahead.push(containerName);
      seen.add(containerName);
    }
  }
  return false;
}

function validateFargate(input: RegisterTaskDefinitionInput): void {
  if (input.networkMode !== undefined && input.networkMode !== 'awsvpc') {
    throw clientException("Fargate only supports network mode 'awsvpc'.");
  }
  if (input.cpu === undefined)
    throw clientException("Fargate requires that 'cpu' be defined at the task level.");
  if (input.memory === undefined)
    throw clientException("Fargate requires that 'memory' be defined at the task level.");
  checkFargateSize(input.cpu, input.memory);
  checkFargateRest(input);
}

function checkFargateRest(input: RegisterTaskDefinitionInput): void {
  const storage = input.ephemeralStorage?.sizeInGiB;
  if (storage !== undefined && (storage < 21 || storage > 200))
    throw clientException(
      'The specified ephemeral storage size is not valid. Specify a value between 21 and 200 GiB.',
    );
  for (const { stopTimeout = 0, name } of input.containerDefinitions) {
    if (stopTimeout > mostStopTimeoutSeconds)
      throw clientException(
        `Invalid stopTimeout of container '${name}': at most ${mostStopTimeoutSeconds} seconds.`,
      );
  }
  const logsToAws = input.containerDefinitions.some(
    (container) => container.logConfiguration?.logDriver === 'awslogs',
  );
  if (input.executionRoleArn !== undefined) return;
  if (input.containerDefinitions.some(({ image = '' }) => ecrImage.test(image))) {
    throw clientException(
      'Fargate requires task definition to have execution role ARN to support ECR images.',
    );
  }
  if (logsToAws) {
    throw clientException(
      'Fargate requires task definition to have execution role ARN to support log driver awslogs.',
    );
  }
}

function requireMemory(container: ContainerDefinition, taskMemory: string | undefined): void {
  if (
    container.memory !== undefined ||
    container.memoryReservation !== undefined ||
    taskMemory !== undefined
  )
    return;
  throw clientException(
    `Invalid setting for container '${container.name}'. At least one of 'memory' or ` +
      "'memoryReservation' must be specified.",
  );
}
