import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import type { Origin } from './ecs-job.ts';
import { markAll, pointerTo, type Origins } from './origins.ts';

/** Values with where each came from. */
export interface Traced {
  readonly values: JsonObject;
  readonly origins: Origins;
}

/**
 * The deployment's job variables overlaid by the flow run's (ecs-worker.md 1.4 step 1): `env` key by key if the
 * deployment's is an object, any other key whole.
 */
export function mergeJobVariables(deployment: JsonObject, flowRun: JsonObject): Traced {
  const origins = new Map<string, Origin>();
  const env = deployment['env'];
  const runEnv = flowRun['env'];
  const mergesEnv = isJsonObject(env) && (runEnv === undefined || runEnv === null || isJsonObject(runEnv));
  const values: Record<string, Json> = {};
  for (const [layer, origin] of [
    [deployment, 'deployment'],
    [flowRun, 'flow-run'],
  ] as const) {
    for (const [key, value] of Object.entries(layer)) {
      if (key === 'env' && mergesEnv && origin === 'flow-run') continue;
      values[key] = value;
      forget(origins, pointerTo('', key));
      markAll(origins, pointerTo('', key), value, origin);
    }
  }
  if (mergesEnv && isJsonObject(runEnv)) {
    values['env'] = { ...env, ...runEnv };
    for (const [name, value] of Object.entries(runEnv))
      markAll(origins, pointerTo('/env', name), value, 'flow-run');
  }
  return { values, origins };
}

/**
 * Dotted keys as nested objects (`env.FOO` -> `env: {FOO}`), with undotted keys deep-merged on top: a plain key wins,
 * whichever level it came from (ecs-worker.md 1.4 step 4, prefect-api.md 4.2). Throws TypeError, as Python does, when a path
 * runs through something that is no object.
 */
export function expandDottedKeys(given: Traced): Traced {
  const origins = new Map<string, Origin>();
  const origin = (key: string): Origin => given.origins.get(pointerTo('', key)) ?? 'deployment';
  let nested: JsonObject = {};
  for (const [key, value] of Object.entries(given.values)) {
    if (!key.includes('.')) continue;
    const path = key.replaceAll('[', '.').replaceAll(']', '').split('.');
    nested = withPath(nested, path, value, key);
    markAll(origins, path.reduce(pointerTo, ''), value, origin(key));
  }
  const values: Record<string, Json> = { ...nested };
  for (const [key, value] of Object.entries(given.values)) {
    if (key.includes('.')) continue;
    const below = values[key];
    values[key] = isJsonObject(below) && isJsonObject(value) ? deepMerge(below, value) : value;
    copyBelow(given.origins, origins, pointerTo('', key));
  }
  return { values, origins };
}

/** `over` wins; objects in both are merged. */
export function deepMerge(under: JsonObject, over: JsonObject): JsonObject {
  const merged: Record<string, Json> = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isJsonObject(below) && isJsonObject(value) ? deepMerge(below, value) : value;
  }
  return merged;
}

function withPath(document: JsonObject, path: readonly string[], value: Json, key: string): JsonObject {
  const [first = '', ...rest] = path;
  if (rest.length === 0) return { ...document, [first]: value };
  const inner = document[first] ?? {};
  if (!isJsonObject(inner)) {
    throw new TypeError(`The job variable '${key}' runs through '${first}', which is set to something else.`);
  }
  return { ...document, [first]: withPath(inner, rest, value, key) };
}

function copyBelow(from: Origins, to: Map<string, Origin>, pointer: string): void {
  for (const [at, origin] of from) if (at === pointer || at.startsWith(`${pointer}/`)) to.set(at, origin);
}

function forget(origins: Map<string, Origin>, pointer: string): void {
  for (const at of origins.keys()) if (at === pointer || at.startsWith(`${pointer}/`)) origins.delete(at);
}
