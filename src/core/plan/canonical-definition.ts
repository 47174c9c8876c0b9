import { createHash } from 'node:crypto';
import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import { cpuUnits, memoryMiB } from './sizes.ts';
import { isEmpty, objectsIn, textIn } from '../job/shape.ts';

/**
 * What ECS adds by itself, and `tags`, which it keeps beside a definition. Compared, no definition
 * would equal its own revision, and each launch would register one (worker.md 0.2, 5.3).
 */
const addedByEcs: ReadonlySet<string> = new Set([
  'compatibilities',
  'taskDefinitionArn',
  'revision',
  'status',
  'requiresAttributes',
  'registeredAt',
  'registeredBy',
  'deregisteredAt',
  'tags',
]);

/** Lists whose order ECS does not keep, with the key that identifies their items. */
const unorderedByKey: Readonly<Record<string, string>> = {
  environment: 'name',
  secrets: 'name',
  environmentFiles: 'value',
  volumes: 'name',
  ulimits: 'name',
  mountPoints: 'containerPath',
  dependsOn: 'containerName',
  containerDefinitions: 'name',
};

/** A cache: documents are immutable, and one is compared with many. */
const known = new WeakMap<JsonObject, JsonObject>();

/**
 * One form for all definitions that ECS treats alike: values that ECS fills in are removed or added
 * on both sides, and lists without order are sorted. When in doubt two definitions differ: a
 * needless registration is cheap, but a wrong reuse runs the wrong image (worker.md 5.3,
 * aws-ecs.md B.5.1).
 */
export function canonicalDefinition(document: JsonObject): JsonObject {
  const kept = known.get(document);
  if (kept !== undefined) return kept;
  const canonical = canonicalFormOf(document);
  known.set(document, canonical);
  return canonical;
}

function canonicalFormOf(document: JsonObject): JsonObject {
  const networkMode = textIn(document['networkMode']) ?? 'bridge';
  const kept = Object.fromEntries(Object.entries(document).filter(([key]) => !addedByEcs.has(key)));
  return sorted(
    pruned({
      ...kept,
      networkMode,
      ...sizesOf(kept),
      ...(Array.isArray(kept['requiresCompatibilities']) && {
        requiresCompatibilities: [...kept['requiresCompatibilities']].sort(byText),
      }),
      containerDefinitions: objectsIn(document['containerDefinitions']).map((container) =>
        canonicalContainer(container, networkMode),
      ),
    }),
  );
}

/** A hash of the canonical form. Never sent anywhere. */
export function fingerprintOf(document: JsonObject): string {
  return createHash('sha256')
    .update(JSON.stringify(canonicalDefinition(document)))
    .digest('hex');
}

/** ECS returns `1 vCPU` as `1024`, and `3 GB` as `3072`. */
function sizesOf(document: JsonObject): JsonObject {
  const cpu = cpuUnits(document['cpu']);
  const memory = memoryMiB(document['memory']);
  return {
    ...(cpu !== undefined && { cpu: String(cpu) }),
    ...(memory !== undefined && { memory: String(memory) }),
  };
}

function canonicalContainer(container: JsonObject, networkMode: string): JsonObject {
  const { healthCheck, portMappings, environment } = container;
  return {
    ...container,
    essential: container['essential'] ?? true,
    ...(Array.isArray(environment) && { environment: environment.map(canonicalVariable) }),
    ...(Array.isArray(portMappings) && {
      portMappings: portMappings.map((mapping: Json) =>
        isJsonObject(mapping) ? canonicalPortMapping(mapping, networkMode) : mapping,
      ),
    }),
    ...(isJsonObject(healthCheck) &&
      !isEmpty(healthCheck) && {
        healthCheck: { interval: 30, timeout: 5, retries: 3, ...withoutNulls(healthCheck) },
      }),
  };
}

/** For ECS, an item without `value` equals one with `""`. */
function canonicalVariable(item: Json): Json {
  return isJsonObject(item) ? { ...item, value: item['value'] ?? '' } : item;
}

function canonicalPortMapping(mapping: JsonObject, networkMode: string): JsonObject {
  const hostPort = mapping['hostPort'];
  const isHostPortUnset = hostPort === undefined || hostPort === null || hostPort === 0;
  const sharesPorts = networkMode === 'awsvpc' || networkMode === 'host';
  return {
    ...mapping,
    protocol: textIn(mapping['protocol']) ?? 'tcp',
    ...(isHostPortUnset && sharesPorts && { hostPort: mapping['containerPort'] ?? null }),
  };
}

function withoutNulls(document: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(document).filter(([, value]) => value !== null));
}

/**
 * Drops null, `""`, `[]`, `{}`, `false` (except `essential`) and any `0` that is ECS's default,
 * from the inside out.
 */
function pruned(document: JsonObject, within = ''): JsonObject {
  const entries = Object.entries(document).flatMap(([key, value]): [string, Json][] => {
    if (within === 'environment') return [[key, value]];
    const kept = prunedValue(value, key);
    const isDefault =
      (kept === false && key !== 'essential') ||
      (kept === 0 &&
        ((within === 'containerDefinitions' && (key === 'cpu' || key === 'memory')) ||
          key === 'hostPort'));
    return isEmpty(kept) || isDefault ? [] : [[key, kept]];
  });
  return Object.fromEntries(entries);
}

function prunedValue(value: Json, key: string): Json {
  if (Array.isArray(value)) {
    return value.map((item: Json) => (isJsonObject(item) ? pruned(item, key) : item));
  }
  return isJsonObject(value) ? pruned(value, key) : value;
}

/** Sorts keys, and the lists whose order ECS does not keep. */
function sorted(document: JsonObject): JsonObject {
  const entries = Object.entries(document).map(([key, value]): [string, Json] => [
    key,
    sortedValue(value, key),
  ]);
  return Object.fromEntries(entries.sort(([one], [other]) => byText(one, other)));
}

function sortedValue(value: Json, key: string): Json {
  if (isJsonObject(value)) return sorted(value);
  if (!Array.isArray(value)) return value;
  const items = value.map((item: Json) => (isJsonObject(item) ? sorted(item) : item));
  const by = unorderedByKey[key];
  if (by === undefined) return items;
  const keyOf = (item: Json): string =>
    `${isJsonObject(item) ? String(item[by] ?? '') : ''}\u0000${JSON.stringify(item)}`;
  return items.sort((one: Json, other: Json) => byText(keyOf(one), keyOf(other)));
}

/** By code units, so that the order does not depend on a locale. */
function byText(one: Json, other: Json): number {
  const [left, right] = [String(one), String(other)];
  return left < right ? -1 : Number(left > right);
}
