import { z } from 'zod';
import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';

/** By hand: zod's own schema of JSON is a union that it tries for every value, the half of a launch's rendering. */
function isJson(value: unknown): value is Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (Array.isArray(value)) return value.every(isJson);
  return typeof value === 'object' && isPlain(value);
}

function isPlain(value: object): value is JsonObject {
  for (const key in value) {
    if (!isJson(value[key as keyof typeof value])) return false; // a key that `in` has just named
  }
  return true;
}

function expecting(expected: string) {
  return { message: `Invalid input: expected ${expected}`, params: { expected } };
}

/** Any JSON value. Users' templates and variables are kept as they came. */
export const JsonValue: z.ZodType<Json> = z.custom<Json>(isJson, expecting('JSON'));

/** A JSON object, kept as it came. */
export const JsonRecord: z.ZodType<JsonObject> = z.custom<JsonObject>(
  (value) => isJsonObject(value) && isPlain(value),
  expecting('an object'),
);

/** A JSON object; null and absence count as an empty one. */
export const JsonRecordOrEmpty = JsonRecord.nullish().transform((value): JsonObject => value ?? {});
