/** JSON as it comes off a wire. Templates of users pass through us as this: keys we do not know stay untouched. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export type JsonObject = { readonly [key: string]: Json };

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Stands in an object in the place of a part of an answer that was too large to be read; its value: characters. */
export const leftOutKey = '$prefect-ecs-worker.left-out';

/** Whoever read it found more than it could take in. */
export function isLeftOut(value: unknown): boolean {
  return isJsonObject(value) && Object.hasOwn(value, leftOutKey);
}

/** Whether the value, or a part of it however deep, was left out. */
export function holdsLeftOut(value: unknown): boolean {
  if (Array.isArray(value)) return value.some((item) => holdsLeftOut(item));
  return (
    isJsonObject(value) && (isLeftOut(value) || Object.values(value).some((inner) => holdsLeftOut(inner)))
  );
}
