import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import { objectIn, objectsIn } from '../job/shape.ts';
import { Redaction } from '../../kernel/redaction/redaction.ts';
import { isSecretName, namedValues } from '../job/secret-names.ts';

/**
 * A copy in which override variables with these names show only their first `keepLength`
 * characters; shorter values stay. Equals the Python worker's function (worker.md 5.4).
 */
export function maskSensitiveEnvValues(
  request: JsonObject,
  names: readonly string[],
  keepLength = 3,
  replaceWith = '***',
): JsonObject {
  return withOverrideVariables(request, (name, value) =>
    names.includes(name) && value.length > keepLength
      ? value.slice(0, keepLength) + replaceWith
      : value,
  );
}

/**
 * What may be shown of a secret: at most 6 characters, and no more than a quarter. Python's rule
 * leaves keys of 6 characters and fewer readable (worker.md Q16).
 */
function masked(value: string): string {
  return `${value.slice(0, Math.min(6, Math.floor(value.length / 4)))}***`;
}

/** Masks a request or a definition: named values by their name, known secrets by value anywhere. */
export function maskedForLog(document: JsonObject, secrets = new Redaction()): JsonObject {
  return objectIn(secrets.json(maskedByName(document)));
}

/** Copies only what it changes, because most of a document is not secret. */
function maskedByName(value: Json): Json {
  if (Array.isArray(value)) {
    const items = value.map((item: Json) => maskedByName(item));
    return items.every((item, at) => item === value[at]) ? value : items;
  }
  if (!isJsonObject(value)) return value;
  let isChanged = false;
  const copy = Object.entries(value).map(([key, inner]): [string, Json] => {
    const shown = maskedByName(namedValues.has(key) ? maskedEnvironment(inner) : inner);
    isChanged ||= shown !== inner;
    return [key, shown];
  });
  return isChanged ? Object.fromEntries(copy) : value;
}

function maskedEnvironment(environment: Json): Json {
  if (Array.isArray(environment)) {
    return environment.map((item: Json) => {
      if (!isJsonObject(item)) return item;
      const { name, value } = item;
      if (typeof name !== 'string' || typeof value !== 'string' || !isSecretName(name)) return item;
      return { ...item, value: masked(value) };
    });
  }
  if (!isJsonObject(environment)) return environment;
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [
      name,
      typeof value === 'string' && isSecretName(name) ? masked(value) : value,
    ]),
  );
}

function withOverrideVariables(
  request: JsonObject,
  change: (name: string, value: string) => string,
): JsonObject {
  const overrides = objectIn(request['overrides']);
  if (!Array.isArray(overrides['containerOverrides'])) return request;
  const containerOverrides = objectsIn(overrides['containerOverrides']).map((container) => {
    if (!Array.isArray(container['environment'])) return container;
    const environment = objectsIn(container['environment']).map((item) => {
      const { name, value } = item;
      return typeof name === 'string' && typeof value === 'string'
        ? { ...item, value: change(name, value) }
        : item;
    });
    return { ...container, environment };
  });
  return { ...request, overrides: { ...overrides, containerOverrides } };
}
