import { ValueError, WorkerError } from '../../kernel/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import { checkPath } from './bounds.ts';
import { allFrom, noOrigins, partOf, withParts, type Origins } from './origins.ts';
import { isEmpty, objectIn, ownValue } from './shape.ts';

/** Job variables that cannot be merged. The name is that of Python's class. */
export class VariableTypeError extends WorkerError {
  override readonly name = 'TypeError';
}

/** Values with their origins. */
export interface Traced {
  readonly values: JsonObject;
  readonly origins: Origins;
}

/**
 * The deployment's job variables with the flow run's on top (worker.md 1.4 step 1): `env` key by
 * key if the deployment's is an object, every other variable as a whole.
 */
export function mergeJobVariables(deployment: JsonObject, flowRun: JsonObject): Traced {
  const env = deployment['env'];
  const runEnv = flowRun['env'];
  const mergesEnv = isJsonObject(env);
  if (mergesEnv && !isJsonObject(runEnv) && !isEmpty(runEnv)) {
    throw new ValueError(
      "The flow run's job variable `env` must be an object of names and values, because it is merged with the deployment's.",
    );
  }
  const values = new Map<string, Json>(Object.entries(deployment));
  const origins = new Map<string, Origins>();
  for (const key of Object.keys(deployment)) origins.set(key, allFrom('deployment'));
  for (const [key, value] of Object.entries(flowRun)) {
    if (key === 'env' && mergesEnv) continue;
    values.set(key, value);
    origins.set(key, allFrom('flow-run'));
  }
  if (mergesEnv && isJsonObject(runEnv)) {
    values.set('env', { ...env, ...runEnv });
    const ofRun = Object.keys(runEnv).map((name) => [name, allFrom('flow-run')] as const);
    origins.set('env', withParts(allFrom('deployment'), ofRun));
  }
  return { values: Object.fromEntries(values), origins: { ...noOrigins, parts: origins } };
}

/**
 * Turns dotted keys into nested objects (`env.FOO` -> `env: {FOO}`) and merges plain keys over
 * them. A plain key wins even when it comes from the deployment and the dotted one from the run, as
 * in Prefect (worker.md 1.4, prefect-api.md 4.2). Throws VariableTypeError when a path runs through
 * something that is not an object.
 */
export function expandDottedKeys(given: Traced): Traced {
  const nested = new Branch();
  const plain: [string, Json][] = [];
  for (const [key, value] of Object.entries(given.values)) {
    if (key.includes('.')) nested.set(key, { value, origins: partOf(given.origins, key) });
    else plain.push([key, value]);
  }
  if (plain.length === Object.keys(given.values).length) return given;
  const under = nested.grown();
  return deepMerge(under, { values: Object.fromEntries(plain), origins: given.origins });
}

/** `over` wins; objects that both have are merged. */
export function deepMerge(under: Traced, over: Traced): Traced {
  const parts: [string, Origins][] = [];
  const merged = Object.entries(over.values).map(([key, value]): [string, Json] => {
    const below = ownValue(under.values, key);
    const origins = partOf(over.origins, key);
    if (!isJsonObject(below) || !isJsonObject(value)) {
      parts.push([key, origins]);
      return [key, value];
    }
    const inner = deepMerge(
      { values: below, origins: partOf(under.origins, key) },
      { values: value, origins },
    );
    parts.push([key, inner.origins]);
    return [key, inner.values];
  });
  return {
    values: { ...under.values, ...Object.fromEntries(merged) },
    origins: withParts(under.origins, parts),
  };
}

interface Leaf {
  readonly value: Json;
  readonly origins: Origins;
}

/** A mutable object under construction: copying it for each key would take quadratic time. */
class Branch {
  readonly #members = new Map<string, Branch | Leaf>();

  /** Throws VariableTypeError, or ValidationError if the key has too many parts. */
  set(key: string, leaf: Leaf): void {
    const path = key.replaceAll('[', '.').replaceAll(']', '').split('.');
    checkPath(path, key);
    const branches = path.slice(0, -1);
    const last = branches.reduce((at: Branch, name) => at.#branchAt(name, key), this);
    last.#members.set(path.slice(-1).join(''), leaf);
  }

  grown(): Traced {
    const values: [string, Json][] = [];
    const parts = new Map<string, Origins>();
    for (const [name, member] of this.#members) {
      const { value, origins } = member instanceof Branch ? member.#asLeaf() : member;
      values.push([name, value]);
      parts.set(name, origins);
    }
    return { values: Object.fromEntries(values), origins: { ...noOrigins, parts } };
  }

  #asLeaf(): Leaf {
    const { values, origins } = this.grown();
    return { value: values, origins };
  }

  #takeAll({ value, origins }: Leaf): void {
    for (const [name, inner] of Object.entries(objectIn(value)))
      this.#members.set(name, { value: inner, origins: partOf(origins, name) });
  }

  #branchAt(name: string, key: string): Branch {
    const member = this.#members.get(name);
    if (member instanceof Branch) return member;
    if (member !== undefined && !isJsonObject(member.value)) {
      throw new VariableTypeError(
        `The job variable '${key}' conflicts with '${name}', which is not an object. Set only one of the two.`,
      );
    }
    const branch = new Branch();
    if (member !== undefined) branch.#takeAll(member);
    this.#members.set(name, branch);
    return branch;
  }
}
