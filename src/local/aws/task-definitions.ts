import { z } from 'zod';
import type { Clock } from '../../kernel/clock.ts';
import { clientException } from './aws-error.ts';
import { checkFargateSize, sizeInUnits } from './fargate.ts';

export const ContainerDefinition = z.looseObject({
  name: z.string(),
  image: z.string().optional(),
  cpu: z.number().int().optional(),
  memory: z.number().int().optional(),
  memoryReservation: z.number().int().optional(),
  essential: z.boolean().optional(),
  entryPoint: z.array(z.string()).optional(),
  command: z.array(z.string()).optional(),
  environment: z
    .array(z.looseObject({ name: z.string().optional(), value: z.string().optional() }))
    .optional(),
  portMappings: z
    .array(
      z.looseObject({
        containerPort: z.number().int().optional(),
        hostPort: z.number().int().optional(),
        protocol: z.string().optional(),
      }),
    )
    .optional(),
  healthCheck: z
    .looseObject({
      command: z.array(z.string()),
      interval: z.number().optional(),
      timeout: z.number().optional(),
    })
    .optional(),
  logConfiguration: z
    .looseObject({ logDriver: z.string(), options: z.record(z.string(), z.string()).optional() })
    .optional(),
  stopTimeout: z.number().int().optional(),
});
export type ContainerDefinition = z.infer<typeof ContainerDefinition>;

export const RegisterTaskDefinitionInput = z.looseObject({
  family: z.string(),
  containerDefinitions: z.array(ContainerDefinition),
  cpu: z.string().optional(),
  memory: z.string().optional(),
  networkMode: z.string().optional(),
  requiresCompatibilities: z.array(z.string()).optional(),
  executionRoleArn: z.string().optional(),
  volumes: z.array(z.looseObject({})).optional(),
  placementConstraints: z.array(z.looseObject({})).optional(),
  tags: z.array(z.looseObject({ key: z.string().optional(), value: z.string().optional() })).optional(),
});
export type RegisterTaskDefinitionInput = z.infer<typeof RegisterTaskDefinitionInput>;

export interface TaskDefinition {
  readonly arn: string;
  readonly family: string;
  readonly revision: number;
  readonly status: 'ACTIVE' | 'INACTIVE';
  readonly registeredAt: Date;
  readonly deregisteredAt?: Date;
  readonly document: RegisterTaskDefinitionInput;
}

const validName = /^[a-zA-Z0-9_-]{1,255}$/;
const longestDocument = 65_536;
const mostContainers = 10;

/** The task definitions of an account and region, by family and revision (aws-ecs.md B.5). */
export class TaskDefinitions {
  readonly #account: string;
  readonly #prefix: string;
  readonly #clock: Clock;
  readonly #families = new Map<string, TaskDefinition[]>();

  constructor(account: string, region: string, clock: Clock) {
    this.#account = account;
    this.#prefix = `arn:aws:ecs:${region}:${account}:task-definition/`;
    this.#clock = clock;
  }

  register(input: RegisterTaskDefinitionInput): TaskDefinition {
    validate(input);
    const revisions = this.#families.get(input.family) ?? [];
    const revision = revisions.length + 1;
    const definition: TaskDefinition = {
      arn: `${this.#prefix}${input.family}:${revision}`,
      family: input.family,
      revision,
      status: 'ACTIVE',
      registeredAt: this.#clock.now(),
      document: withDefaults({ ...input, tags: undefined }), // tags are kept beside a definition
    };
    this.#families.set(input.family, [...revisions, definition]);
    return definition;
  }

  /** By ARN, `family:revision` (both also when INACTIVE), or family (its newest ACTIVE revision). */
  find(reference: string): TaskDefinition | undefined {
    if (reference.startsWith('arn:') && !reference.startsWith(this.#prefix)) return undefined;
    const name = reference.startsWith('arn:') ? reference.slice(this.#prefix.length) : reference;
    const [family = '', revision] = name.split(':');
    const revisions = this.#families.get(family) ?? [];
    if (revision !== undefined)
      return revisions.find((definition) => String(definition.revision) === revision);
    return revisions.findLast((definition) => definition.status === 'ACTIVE');
  }

  require(reference: string): TaskDefinition {
    const definition = this.find(reference);
    if (definition === undefined) throw clientException('Unable to describe task definition.');
    return definition;
  }

  deregister(reference: string): TaskDefinition {
    if (!/:\d+$/.test(reference)) throw clientException('Invalid revision number. Number: null');
    const known = this.find(reference);
    if (known === undefined) throw clientException('The specified task definition does not exist.');
    if (known.status === 'INACTIVE') throw clientException('The specified task definition is inactive.');
    const inactive: TaskDefinition = { ...known, status: 'INACTIVE', deregisteredAt: this.#clock.now() };
    const revisions = this.#families.get(known.family) ?? [];
    this.#families.set(
      known.family,
      revisions.map((definition) => (definition === known ? inactive : definition)),
    );
    return inactive;
  }

  answer(definition: TaskDefinition): Record<string, unknown> {
    const { document } = definition;
    const isAwsvpc = document.networkMode === 'awsvpc';
    return {
      ...document,
      taskDefinitionArn: definition.arn,
      revision: definition.revision,
      status: definition.status,
      requiresAttributes: isAwsvpc ? [{ name: 'ecs.capability.task-eni' }] : [],
      compatibilities: isAwsvpc ? ['EC2', 'FARGATE'] : ['EXTERNAL', 'EC2'],
      registeredAt: definition.registeredAt.getTime() / 1000,
      registeredBy: `arn:aws:iam::${this.#account}:root`,
      ...(definition.deregisteredAt !== undefined && {
        deregisteredAt: definition.deregisteredAt.getTime() / 1000,
      }),
    };
  }
}

/** What ECS fills in when it registers (aws-ecs.md B.5). */
function withDefaults(document: RegisterTaskDefinitionInput): RegisterTaskDefinitionInput {
  const sharesPorts = document.networkMode === 'awsvpc' || document.networkMode === 'host';
  const { cpu, memory } = sizeInUnits(document.cpu, document.memory);
  return {
    volumes: [],
    placementConstraints: [],
    ...document,
    ...(cpu !== undefined && { cpu }),
    ...(memory !== undefined && { memory }),
    containerDefinitions: document.containerDefinitions.map((container) => ({
      cpu: 0,
      essential: true,
      environment: [],
      mountPoints: [],
      volumesFrom: [],
      systemControls: [],
      ...container,
      portMappings: (container.portMappings ?? []).map((mapping) => ({
        protocol: 'tcp',
        ...mapping,
        hostPort: mapping.hostPort ?? (sharesPorts ? mapping.containerPort : 0),
      })),
      ...(container.healthCheck !== undefined && {
        healthCheck: { interval: 30, timeout: 5, retries: 3, ...container.healthCheck },
      }),
    })),
  };
}

function validate(input: RegisterTaskDefinitionInput): void {
  if (!validName.test(input.family)) {
    throw clientException(
      'Family should not be blank.  Family must be 255 characters or fewer of letters, numbers, hyphens, and underscores.',
    );
  }
  const length = JSON.stringify(input).length;
  if (length > longestDocument) {
    throw clientException(`Actual length: '${length}'. Max allowed length is '${longestDocument}' bytes.`);
  }
  const containers = input.containerDefinitions;
  if (containers.length === 0) throw clientException('Container list cannot be empty.');
  if (containers.length > mostContainers)
    throw clientException('Container list cannot have more than 10 containers.');
  for (const container of containers) {
    if (!validName.test(container.name)) throw clientException(`Invalid container name: ${container.name}`);
    if (container.image === undefined || container.image === '')
      throw clientException('Container.image should not be null or empty.');
  }
  if (new Set(containers.map((container) => container.name)).size < containers.length) {
    throw clientException('Container names must be unique.');
  }
  if (containers.every((container) => container.essential === false)) {
    throw clientException('At least one container must be marked as essential.');
  }
  if (input.requiresCompatibilities?.includes('FARGATE') === true) validateFargate(input);
  else for (const container of containers) requireMemory(container, input.memory);
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
  const logsToAws = input.containerDefinitions.some(
    (container) => container.logConfiguration?.logDriver === 'awslogs',
  );
  if (logsToAws && input.executionRoleArn === undefined) {
    throw clientException(
      'Fargate requires task definition to have execution role ARN to support log driver awslogs.',
    );
  }
}

function requireMemory(container: ContainerDefinition, taskMemory: string | undefined): void {
  if (container.memory !== undefined || container.memoryReservation !== undefined || taskMemory !== undefined)
    return;
  throw clientException(
    `Invalid setting for container '${container.name}'. At least one of 'memory' or 'memoryReservation' must be specified.`,
  );
}
