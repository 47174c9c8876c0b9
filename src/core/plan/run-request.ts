import { ValueError } from '../../kernel/errors.ts';
import {
  isJsonObject,
  numberOf,
  WrittenNumber,
  type Json,
  type JsonObject,
} from '../../kernel/json.ts';
import type { EcsJob, JobWarning } from '../job/ecs-job.ts';
import { pyStr } from '../job/py-repr.ts';
import { splitCommand } from './command.ts';
import { effectiveLaunchType } from './launch-type.ts';
import { isEmpty, objectIn, objectsIn, textIn, without } from '../job/shape.ts';
import { redactionOf } from './redaction-of.ts';
import { tagsFor, type PreparedTags } from './tags.ts';
import { hidden } from '../../kernel/redaction/secret-index.ts';

/** Redacts secrets in labels: anybody who may list tasks can read their tags. */
function withoutSecretTags({ tags, dropped }: PreparedTags, { secrets }: EcsJob): PreparedTags {
  if (secrets.length === 0) return { tags, dropped };
  const redaction = redactionOf(secrets);
  return {
    tags: tags.map((tag) => {
      if (tag.key.startsWith('prefect.io/')) return tag; // workers find the task's run by these
      const shown = redaction.text(tag.value);
      return shown === tag.value ? tag : { ...tag, value: shown.replaceAll(hidden, 'redacted') };
    }),
    dropped,
  };
}

export interface RunRequestFacts {
  /** The definition in use: prepared, or linked. */
  readonly definition: JsonObject;
  readonly containerName: string;
  /** From network.ts. Undefined: the request keeps its own. */
  readonly networkConfiguration: JsonObject | undefined;
}

export interface RunRequest {
  /** RunTask's input for a definition, without token and `startedBy`. */
  readonly requestWith: (definition: {
    readonly definitionArn: string;
    readonly newlyRegistered: boolean;
  }) => JsonObject;
  readonly warnings: readonly JobWarning[];
}

/** RunTask's input (worker.md 7). Keys that no rule mentions pass through untouched. */
export function runRequestFor(job: EcsJob, facts: RunRequestFacts): RunRequest {
  const template = job.taskRunRequest;
  const placed = withLaunchChoice(withCluster(template, job), facts.definition);
  const { networkConfiguration } = facts;
  const { overrides, plain } = partsFor(job, facts.containerName);
  const request = {
    ...withoutNulls({
      ...without(placed.request, 'tags'),
      ...(networkConfiguration !== undefined && { networkConfiguration }),
      overrides: {}, // in its place
    }),
    overrides,
  };
  return {
    requestWith: ({ definitionArn, newlyRegistered }) => {
      checkDefinition(template, definitionArn);
      const deregisters = newlyRegistered && job.autoDeregisterTaskDefinition;
      const { tags } = deregisters ? tagsWith(job, true) : plain;
      return {
        ...request,
        taskDefinition: definitionArn,
        ...(tags.length > 0 && { tags: tags.map((tag) => ({ ...tag })) }),
      };
    },
    warnings: [...placed.warnings, ...droppedTags(plain.dropped)],
  };
}

/** The parts that all requests for a job share. */
interface RequestParts {
  readonly containerName: string;
  readonly overrides: JsonObject;
  readonly plain: PreparedTags;
}

/** A cache: a request is built twice, first for the check, and these parts cost most. */
const made = new WeakMap<EcsJob, RequestParts>();

function partsFor(job: EcsJob, containerName: string): RequestParts {
  const known = made.get(job);
  if (known?.containerName === containerName) return known;
  const overrides = withoutNulls(overridesFor(job, containerName));
  const parts = { containerName, overrides, plain: tagsWith(job, false) };
  made.set(job, parts);
  return parts;
}

function tagsWith(job: EcsJob, deregister: boolean): PreparedTags {
  const tags = tagsFor(job.taskRunRequest['tags'], job.labels, {
    deregister,
    blanks: job.tagBlanks,
  });
  return withoutSecretTags(tags, job);
}

function checkDefinition(template: JsonObject, definitionArn: string): void {
  const named = textIn(template['taskDefinition']);
  if (named === undefined || named === definitionArn) return;
  throw new ValueError(`Task definition ARN mismatch: '${named}' != '${definitionArn}'`);
}

/** An empty name means the default cluster, as no name does (worker.md 7 rule 2). */
function withCluster(template: JsonObject, job: EcsJob): JsonObject {
  if (!isEmpty(template['cluster'])) return template;
  if (job.cluster !== undefined) return { ...template, cluster: job.cluster };
  return without(template, 'cluster'); // ECS refuses an empty name, but uses `default` without one
}

/**
 * Launch type or capacity providers: ECS refuses a request with both (worker.md 7 rules 3 to 5).
 */
function withLaunchChoice(
  template: JsonObject,
  definition: JsonObject,
): { readonly request: JsonObject; readonly warnings: readonly JobWarning[] } {
  const rest = without(template, 'launchType', 'capacityProviderStrategy');
  const { capacityProviderStrategy } = template;
  if (capacityProviderStrategy !== undefined && !isEmpty(capacityProviderStrategy)) {
    return {
      request: { ...rest, capacityProviderStrategy },
      warnings: isEmpty(template['launchType'])
        ? []
        : [
            {
              logger: 'prefect.workers.ecs',
              level: 'warning',
              message: 'Found capacityProviderStrategy. Removing launchType from task run request.',
            },
          ],
    };
  }
  const launchType = effectiveLaunchType(template, definition);
  if (launchType === 'FARGATE_SPOT') {
    const spot = [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }];
    return { request: { ...rest, capacityProviderStrategy: spot }, warnings: [] };
  }
  return { request: { ...rest, ...(launchType !== undefined && { launchType }) }, warnings: [] };
}

/**
 * The overrides: every container's, with command, sizes and variables in ECS's form
 * (worker.md 7 rules 8 to 12, 18, 19).
 */
function overridesFor(job: EcsJob, containerName: string): JsonObject {
  const template = objectIn(job.taskRunRequest['overrides']);
  const containers = withPrefectOverride(objectsIn(template['containerOverrides']), containerName);
  const position = containers.findIndex((container) => container['name'] === containerName);
  const containerOverrides = containers.map((container, at) => {
    const isOurs = at === position;
    const commanded =
      isOurs && job.command !== undefined ? { ...container, command: job.command } : container;
    const environment = environmentItems(commanded['environment']);
    return {
      ...withSizesAsIntegers(commanded),
      ...(typeof commanded['command'] === 'string' && {
        command: splitCommand(commanded['command']),
      }),
      environment: isOurs ? withJobEnvironment(environment, job) : environment,
    };
  });
  return {
    ...template,
    ...sizeTexts(template),
    containerOverrides: containerOverrides.filter((container) => Object.keys(container).length > 0),
  };
}

/**
 * The first override without a name is the Prefect container's. If there is none, one is added: the
 * task would start without its flow run id (worker.md 7 rule 8, Q7).
 */
function withPrefectOverride(
  containers: readonly JsonObject[],
  containerName: string,
): readonly JsonObject[] {
  const [first, ...others] = containers;
  const named =
    first !== undefined && isEmpty(first['name'])
      ? [{ ...first, name: containerName }, ...others]
      : containers;
  if (named.some((container) => container['name'] === containerName)) return named;
  return [...named, { name: containerName }];
}

/**
 * An object or a list of items, as a list of items with text values. Items without a value are
 * dropped (worker.md 7 rule 11).
 */
function environmentItems(environment: Json | undefined): readonly JsonObject[] {
  const items = Array.isArray(environment)
    ? objectsIn(environment)
    : Object.entries(objectIn(environment)).map(([name, value]): JsonObject => ({ name, value }));
  return items.flatMap((item) => {
    const { value } = item;
    if (isJsonObject(value) || Array.isArray(value)) return [item]; // invalid: the check reports it
    if (value !== null && value !== undefined) return [{ ...item, value: pyStr(value) }];
    // Keep `{"Name": ..., "Value": ...}`, so that it is refused as misspelt instead of dropped.
    return Object.keys(item).every((key) => key === 'name' || key === 'value') ? [] : [item];
  });
}

/** The job's variables win, and those it unsets are removed (worker.md 7 rule 18). */
function withJobEnvironment(items: readonly JsonObject[], job: EcsJob): readonly JsonObject[] {
  const unset = new Set(job.unsetEnv);
  const kept = items.filter((item) => {
    const name = textIn(item['name']) ?? '';
    return !Object.hasOwn(job.env, name) && !unset.has(name);
  });
  return [...kept, ...Object.entries(job.env).map(([name, value]) => ({ name, value }))];
}

/** Sizes at task level are texts on the wire (worker.md 7 rule 12). */
function sizeTexts(overrides: JsonObject): JsonObject {
  const sizes = ['cpu', 'memory'].flatMap((key): [string, Json][] => {
    const value = numberOf(overrides[key]);
    return value !== undefined && value !== 0 ? [[key, String(value)]] : [];
  });
  return Object.fromEntries(sizes);
}

/** Sizes of a container are integers on the wire; users write texts (worker.md 7 rule 12). */
function withSizesAsIntegers(container: JsonObject): JsonObject {
  const sizes = ['cpu', 'memory', 'memoryReservation'].flatMap((key): [string, Json][] => {
    const value = container[key];
    const number =
      typeof value === 'string' && value.trim() !== '' ? Number(value) : numberOf(value);
    return number !== undefined && Number.isFinite(number) ? [[key, Math.trunc(number)]] : [];
  });
  return { ...container, ...Object.fromEntries(sizes) };
}

/**
 * Null means not set, wherever it stands: ECS refuses it. What is still a number is sent as one
 * (worker.md 7).
 */
function withoutNulls(document: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(document)
      .filter(([, value]) => value !== null)
      .map(([key, value]) => [key, nullsDroppedIn(value)]),
  );
}

function nullsDroppedIn(value: Json): Json {
  if (value instanceof WrittenNumber) return value.value;
  if (Array.isArray(value))
    return value.filter((item: Json) => item !== null).map((item: Json) => nullsDroppedIn(item));
  return isJsonObject(value) ? withoutNulls(value) : value;
}

function droppedTags(dropped: readonly string[]): readonly JobWarning[] {
  if (dropped.length === 0) return [];
  return [
    {
      logger: 'prefect.flow_runs.worker',
      level: 'debug',
      message: `Dropped tags that ECS does not accept: ${dropped.map((key) => `'${key}'`).join(', ')}`,
    },
  ];
}
