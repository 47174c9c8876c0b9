import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import { objectIn, objectsIn } from '../job/shape.ts';

const secretWords = ['KEY', 'TOKEN', 'SECRET', 'PASSWORD', 'AUTH'];

/** Whether a variable of this name is treated as a secret in logs (Q16). */
export function isSecretName(name: string): boolean {
  const upper = name.toUpperCase();
  return secretWords.some((word) => upper.includes(word));
}

/**
 * A copy in which the override variables of these names show only their first `keepLength` characters; a value that is
 * no longer than that stays as it is. The Python function of the same purpose (ecs-worker.md 5.4).
 */
export function maskSensitiveEnvValues(
  request: JsonObject,
  names: readonly string[],
  keepLength = 3,
  replaceWith = '***',
): JsonObject {
  return withOverrideVariables(request, (name, value) =>
    names.includes(name) && value.length > keepLength ? value.slice(0, keepLength) + replaceWith : value,
  );
}

/** What may be shown of a secret: at most 6 characters, and no more than a quarter (Q16). */
function masked(value: string): string {
  return `${value.slice(0, Math.min(6, Math.floor(value.length / 4)))}***`;
}

/** The worker's own masking: by name, everywhere that an `environment` stands, in a request or a definition. */
export function maskedForLog(document: JsonObject): JsonObject {
  return objectIn(maskedIn(document));
}

function maskedIn(value: Json): Json {
  if (Array.isArray(value)) return value.map((item: Json) => maskedIn(item));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [
      key,
      key === 'environment' ? maskedEnvironment(inner) : maskedIn(inner),
    ]),
  );
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
