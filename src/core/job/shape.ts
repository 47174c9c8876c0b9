import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';

/** A value by a user's key. Safe for keys such as `constructor`, which every object inherits. */
export function ownValue(document: JsonObject, key: string): Json | undefined {
  return Object.hasOwn(document, key) ? document[key] : undefined;
}

/** Absent, null, `""`, `[]` or `{}`: what a template has where a variable is not set. */
export function isEmpty(value: Json | undefined): boolean {
  if (value === undefined || value === null || value === '') return true;
  if (Array.isArray(value)) return value.length === 0;
  return isJsonObject(value) && Object.keys(value).length === 0;
}

/** The objects in a list. Other items are ignored, and so is a value that is not a list. */
export function objectsIn(value: Json | undefined): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter((item: Json) => isJsonObject(item)) : [];
}

export function objectIn(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** A non-empty text. */
export function textIn(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function textsIn(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item: Json) => typeof item === 'string') : [];
}

export function without(document: JsonObject, ...keys: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(document).filter(([key]) => !keys.includes(key)));
}
