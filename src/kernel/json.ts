/** JSON as it comes off a wire. Templates of users pass through us as this: keys we do not know stay untouched. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Stands in an object in the place of a part of an answer that was too large to be read; its value: characters. */
export const leftOutKey = '$prefect-ecs-worker.left-out';
