import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import { objectIn, objectsIn } from '../job/shape.ts';

import type { Secret } from '../../kernel/secret.ts';
import { withoutSecrets } from '../job/secrets.ts';

const secretWords = ['KEY', 'TOKEN', 'SECRET', 'PASSWORD', 'AUTH'];

/** Secrets by Prefect's own settings model, and headers, which may carry one; their names do not say so. */
const secretSettings: readonly string[] = [
  'PREFECT_SERVER_DATABASE_CONNECTION_URL',
  'PREFECT_API_DATABASE_CONNECTION_URL',
  'PREFECT_CLIENT_CUSTOM_HEADERS',
];

/** Whether a variable of this name is treated as a secret in logs (Q16). */
export function isSecretName(name: string): boolean {
  const upper = name.toUpperCase();
  return secretWords.some((word) => upper.includes(word)) || secretSettings.includes(upper);
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

/** Maps of names to values, in which a name may tell a secret: variables, and options of log and volume drivers. */
const namedValues: ReadonlySet<string> = new Set(['environment', 'options', 'driverOpts']);

/**
 * The worker's own masking, in a request or a definition: by name where names stand beside values, and by value
 * everywhere for the job's own secrets.
 */
export function maskedForLog(document: JsonObject, secrets: readonly Secret[] = []): JsonObject {
  return objectIn(maskedIn(document, secrets));
}

/** Copies what it changes and nothing else: most of a document is no secret. */
function maskedIn(value: Json, secrets: readonly Secret[]): Json {
  if (typeof value === 'string') return secrets.length === 0 ? value : withoutSecrets(value, secrets);
  if (Array.isArray(value)) {
    const items = value.map((item: Json) => maskedIn(item, secrets));
    return items.every((item, at) => item === value[at]) ? value : items;
  }
  if (!isJsonObject(value)) return value;
  let isChanged = false;
  const copy: Record<string, Json> = {};
  for (const key in value) {
    const inner = value[key] ?? null;
    const shownKey = secrets.length === 0 ? key : withoutSecrets(key, secrets);
    const shown = maskedIn(namedValues.has(key) ? maskedEnvironment(inner) : inner, secrets);
    isChanged ||= shown !== inner || shownKey !== key;
    copy[shownKey] = shown;
  }
  return isChanged ? copy : value;
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
