import { ValueError } from '../../kernel/errors.ts';
import {
  isJsonObject,
  numberOf,
  plainNumbersIn,
  WrittenNumber,
  type Json,
  type JsonObject,
} from '../../kernel/json.ts';
import type { EcsJob } from '../job/ecs-job.ts';
import { readOnlyOfDefinition } from '../aws-model/shape-table.ts';
import { familyFor } from './family.ts';
import { effectiveLaunchType, isFargate } from './launch-type.ts';
import {
  containerNameIn,
  containersIn,
  defaultContainerName,
  type DefinedContainer,
} from './prefect-container.ts';
import { cpuUnits, memoryMiB } from './sizes.ts';
import { isEmpty, objectIn, objectsIn, textIn, textsIn, without } from '../job/shape.ts';

const defaultCpu = 1024;
const defaultMemory = 2048;

/** A cache: each step of the preparation needs the definition, and it costs as much as the rest. */
const made = new WeakMap<EcsJob, { readonly region: string; readonly document: JsonObject }>();

/**
 * RegisterTaskDefinition's input for a job (worker.md 4). Values of `env` are not in
 * it: they go on the run request, so that changing them makes no revision. Throws ValueError when
 * the named container does not exist.
 */
export function taskDefinitionFor(job: EcsJob, region: string): JsonObject {
  const known = made.get(job);
  if (known?.region === region) return known.document;
  const document = definitionOf(job, region);
  made.set(job, { region, document });
  return document;
}

function definitionOf(job: EcsJob, region: string): JsonObject {
  const template = writtenDefinition(job);
  const launchType = effectiveLaunchType(job.taskRunRequest, template);
  const named = withPrefectContainer(job);
  const container = containerFor(job, named.container, region);
  const sized = isFargate(launchType)
    ? fargateTask(template, container)
    : otherTask(template, container);
  const { position } = named;
  const document: JsonObject = {
    ...sized.task,
    containerDefinitions: named.containers.map((other, at) =>
      at === position ? sized.container : other,
    ),
    family: familyFor(textIn(template['family']), job),
    ...(isEmpty(template['executionRoleArn']) &&
      job.executionRoleArn !== undefined && { executionRoleArn: job.executionRoleArn }),
  };
  return withSecrets(withoutEmpties(document), named.name, job);
}

/** The template without read-only members. It is often copied from DescribeTaskDefinition. */
export function writtenDefinition({ taskDefinition }: Pick<EcsJob, 'taskDefinition'>): JsonObject {
  return without(taskDefinition, ...readOnlyOfDefinition);
}

interface NamedContainer {
  readonly name: string;
  readonly containers: readonly JsonObject[];
  readonly container: JsonObject;
  readonly position: number;
}

/**
 * The list without empty containers, and the Prefect container in it. OURS: the one that the pool's
 * variables speak of is named before empty ones are removed, so that no sidecar takes its place
 * (worker.md 4.1, 4.2, 4.3, 4.4).
 */
function withPrefectContainer({
  taskDefinition,
  containerName,
  spokenContainerAt,
}: EcsJob): NamedContainer {
  const name =
    containerName ?? containerNameIn(taskDefinition, spokenContainerAt) ?? defaultContainerName;
  const given = containersIn(taskDefinition).map(({ container }) => container);
  const position = given.findIndex((container) => container['name'] === name);
  if (position >= 0) return namedAt(position, given, name);
  if (name !== defaultContainerName)
    throw new ValueError(`Container '${name}' not found in task definition.`);
  const defined = containersIn(taskDefinition, spokenContainerAt);
  const containers = defined.map(({ container }) => container);
  const nameless = namelessIn(defined);
  if (nameless < 0) return namedAt(containers.length, [...containers, { name }], name);
  return namedAt(
    nameless,
    containers.map((container, index) => (index === nameless ? { ...container, name } : container)),
    name,
  );
}

/** Index of the nameless container that variables fill, else of the first nameless one, else -1. */
function namelessIn(defined: readonly DefinedContainer[]): number {
  const isNameless = ({ container }: DefinedContainer): boolean => isEmpty(container['name']);
  const spoken = defined.findIndex((one) => one.isSpokenOf && isNameless(one));
  return spoken < 0 ? defined.findIndex(isNameless) : spoken;
}

function namedAt(
  position: number,
  containers: readonly JsonObject[],
  name: string,
): NamedContainer {
  return { name, containers, container: objectIn(containers[position]), position };
}

/** The Prefect container's image, unset variables and CloudWatch (worker.md 4.5, 4.6, 4.7). */
function containerFor(job: EcsJob, container: JsonObject, region: string): JsonObject {
  return {
    ...container,
    ...(isEmpty(container['image']) && { image: job.defaultImage }),
    ...(container['environment'] !== undefined && {
      environment: environmentWithout(container['environment'], new Set(job.unsetEnv)),
    }),
    ...(job.configureCloudwatchLogs && { logConfiguration: logConfigurationFor(job, region) }),
  };
}

function environmentWithout(environment: Json, unset: ReadonlySet<string>): Json {
  if (!Array.isArray(environment)) return environment;
  return environment.filter((item: Json) => {
    if (!isJsonObject(item)) return true;
    const name = item['name'];
    return item['value'] !== null && !(typeof name === 'string' && unset.has(name));
  });
}

function logConfigurationFor(job: EcsJob, region: string): JsonObject {
  const owner = job.deploymentId ?? job.flowId;
  return {
    logDriver: 'awslogs',
    options: {
      'awslogs-create-group': 'true',
      'awslogs-group': 'prefect',
      'awslogs-region': region,
      'awslogs-stream-prefix':
        job.cloudwatchLogsPrefix ?? `prefect-logs_${job.workPoolName}_${owner}`,
      ...job.cloudwatchLogsOptions,
    },
  };
}

interface SizedTask {
  readonly task: JsonObject;
  readonly container: JsonObject;
}

/**
 * On Fargate the sizes belong to the task. A network mode of the user's own is judged later, not
 * changed here (worker.md 4.9, 4.10, 6.4).
 */
function fargateTask(template: JsonObject, container: JsonObject): SizedTask {
  const compatibilities = textsIn(template['requiresCompatibilities']);
  return {
    container,
    task: {
      ...template,
      cpu: sizeText(template['cpu']) ?? String(defaultCpu),
      memory: sizeText(template['memory']) ?? String(defaultMemory),
      requiresCompatibilities: compatibilities.includes('FARGATE')
        ? [...compatibilities]
        : [...compatibilities, 'FARGATE'],
      networkMode: textIn(template['networkMode']) ?? 'awsvpc',
    },
  };
}

/**
 * Elsewhere the sizes belong to the container. The task keeps what the user gave it
 * (worker.md 4.9, 4.10).
 */
function otherTask(template: JsonObject, container: JsonObject): SizedTask {
  const cpu = container['cpu'] ?? cpuUnits(template['cpu']) ?? defaultCpu;
  // A reservation replaces the default limit, but not the job's own `memory`.
  const wantsOnlyReservation =
    isEmpty(container['memory']) &&
    isEmpty(template['memory']) &&
    !isEmpty(container['memoryReservation']);
  const memory = container['memory'] ?? memoryMiB(template['memory']) ?? defaultMemory;
  return {
    container: {
      ...container,
      cpu: cpuUnits(cpu) ?? cpu,
      ...(!wantsOnlyReservation && { memory: memoryMiB(memory) ?? memory }),
    },
    task: {
      ...template,
      ...textOf('cpu', template),
      ...textOf('memory', template),
    },
  };
}

function textOf(key: 'cpu' | 'memory', template: JsonObject): JsonObject {
  const text = sizeText(template[key]);
  return text === undefined ? {} : { [key]: text };
}

/** Task-level sizes are sent as texts, in the user's unit. */
function sizeText(value: Json | undefined): string | undefined {
  const number = numberOf(value);
  if (number !== undefined) return number === 0 ? undefined : String(number);
  return textIn(value);
}

/**
 * Drops keys whose value is null or empty, from the outside in. An object that only becomes empty
 * by this stays. `0` and `false` stay, and so does all but null inside an `environment` item: an
 * empty text is a value there (worker.md 4.11, Q5).
 */
function withoutEmpties(document: JsonObject): JsonObject {
  const kept = Object.entries(document).filter(([, value]) => !isEmpty(value));
  return Object.fromEntries(
    kept.map(([key, value]) => [
      key,
      key === 'environment' ? variables(plainNumbersIn(value)) : emptiesDroppedIn(value),
    ]),
  );
}

/** Drops nulls, as AWS's clients do. */
function variables(environment: Json): Json {
  if (!Array.isArray(environment)) return environment;
  return environment.map((item: Json) => {
    if (!isJsonObject(item) || !Object.values(item).includes(null)) return item;
    return Object.fromEntries(Object.entries(item).filter(([, value]) => value !== null));
  });
}

function emptiesDroppedIn(value: Json): Json {
  if (value instanceof WrittenNumber) return value.value;
  if (Array.isArray(value)) return value.map((item: Json) => emptiesDroppedIn(item));
  return isJsonObject(value) ? withoutEmpties(value) : value;
}

/**
 * Secrets by ARN replace the variable of the same name, in `environment` and in `secrets`
 * (worker.md 4.12).
 */
function withSecrets(document: JsonObject, containerName: string, job: EcsJob): JsonObject {
  const arns = new Map(
    [
      ['PREFECT_API_KEY', job.prefectApiKeySecretArn] as const,
      ['PREFECT_API_AUTH_STRING', job.prefectApiAuthStringSecretArn] as const,
    ].flatMap(([name, arn]) => (arn === undefined ? [] : [[name, arn] as const])),
  );
  if (arns.size === 0) return document;
  const containers = objectsIn(document['containerDefinitions']);
  const position = containers.findIndex((container) => container['name'] === containerName);
  return {
    ...document,
    containerDefinitions: containers.map((container, at) =>
      at === position ? withSecretsIn(container, arns) : container,
    ),
  };
}

function withSecretsIn(container: JsonObject, arns: ReadonlyMap<string, string>): JsonObject {
  const given = objectsIn(container['secrets']);
  const replaced = given.map((secret) => {
    const arn = arns.get(textIn(secret['name']) ?? '');
    return arn === undefined ? secret : { ...secret, valueFrom: arn };
  });
  const names = new Set(given.map((secret) => secret['name']));
  const added = [...arns]
    .filter(([name]) => !names.has(name))
    .map(([name, valueFrom]) => ({ name, valueFrom }));
  const environment = container['environment'];
  return {
    ...without(container, 'environment'),
    ...(environment !== undefined && {
      environment: environmentWithout(environment, new Set(arns.keys())),
    }),
    secrets: [...replaced, ...added],
  };
}
