import { ValueError, WorkerError } from '../../kernel/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import type { Origin } from './ecs-job.ts';
import { markAll, originAt, pointerTo, type Origins } from './origins.ts';
import { isEmpty, ownValue } from './shape.ts';

/** Job variables that cannot be put together. The class name is Python's own. */
export class VariableTypeError extends WorkerError {
  override readonly name = 'TypeError';
}

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
  const mergesEnv = isJsonObject(env);
  if (mergesEnv && !isJsonObject(runEnv) && !isEmpty(runEnv)) {
    throw new ValueError(
      "The flow run's job variable `env` must be an object of names and values to be merged with the deployment's.",
    );
  }
  const values = new Map<string, Json>();
  for (const [layer, origin] of [
    [deployment, 'deployment'],
    [flowRun, 'flow-run'],
  ] as const) {
    for (const [key, value] of Object.entries(layer)) {
      if (key === 'env' && mergesEnv && origin === 'flow-run') continue;
      values.set(key, value);
      forget(origins, pointerTo('', key));
      markAll(origins, pointerTo('', key), value, origin);
    }
  }
  if (mergesEnv && isJsonObject(runEnv)) {
    values.set('env', { ...env, ...runEnv });
    for (const [name, value] of Object.entries(runEnv)) {
      forget(origins, pointerTo('/env', name));
      markAll(origins, pointerTo('/env', name), value, 'flow-run');
    }
  }
  return { values: Object.fromEntries(values), origins };
}

/**
 * Dotted keys as nested objects (`env.FOO` -> `env: {FOO}`), with undotted keys deep-merged on top: a plain key wins,
 * whichever level it came from (ecs-worker.md 1.4 step 4, prefect-api.md 4.2). Throws VariableTypeError when a path
 * runs through something that is no object.
 */
export function expandDottedKeys(given: Traced): Traced {
  const origins = new Map<string, Origin>();
  let nested: JsonObject = {};
  for (const [key, value] of Object.entries(given.values)) {
    if (!key.includes('.')) continue;
    const path = key.replaceAll('[', '.').replaceAll(']', '').split('.');
    nested = withPath(nested, path, value, key);
    markAll(
      origins,
      path.reduce(pointerTo, ''),
      value,
      originAt(given.origins, pointerTo('', key), 'deployment'),
    );
  }
  const plain = Object.entries(given.values).filter(([key]) => !key.includes('.'));
  for (const [key] of plain) copyBelow(given.origins, origins, pointerTo('', key));
  return { values: deepMerge(nested, Object.fromEntries(plain)), origins };
}

/** `over` wins; objects in both are merged. */
export function deepMerge(under: JsonObject, over: JsonObject): JsonObject {
  const merged = Object.entries(over).map(([key, value]): [string, Json] => {
    const below = ownValue(under, key);
    return [key, isJsonObject(below) && isJsonObject(value) ? deepMerge(below, value) : value];
  });
  return { ...under, ...Object.fromEntries(merged) };
}

function withPath(document: JsonObject, path: readonly string[], value: Json, key: string): JsonObject {
  const [first = '', ...rest] = path;
  if (rest.length === 0) return { ...document, [first]: value };
  const inner = ownValue(document, first) ?? {};
  if (!isJsonObject(inner)) {
    throw new VariableTypeError(
      `The job variable '${key}' runs through '${first}', which is set to something else. Set one of the two.`,
    );
  }
  return { ...document, [first]: withPath(inner, rest, value, key) };
}

function copyBelow(from: Origins, to: Map<string, Origin>, pointer: string): void {
  for (const [at, origin] of from) if (at === pointer || at.startsWith(`${pointer}/`)) to.set(at, origin);
}

function forget(origins: Map<string, Origin>, pointer: string): void {
  for (const at of origins.keys()) if (at === pointer || at.startsWith(`${pointer}/`)) origins.delete(at);
}
