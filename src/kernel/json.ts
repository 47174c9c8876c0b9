/**
 * JSON as it comes off a wire. Templates of users pass through us as this: keys we do not know stay
 * untouched.
 */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject | WrittenNumber;
export type JsonObject = { readonly [key: string]: Json };

/**
 * A number that JavaScript would write otherwise than Python does: `2.0`, `1e16`, or a whole number
 * that no double holds. Other numbers are plain ones.
 */
export class WrittenNumber {
  /** As Python's `str` and `json` write it. */
  readonly text: string;
  /** The nearest double; may be infinite or, of `NaN`, no number. */
  readonly value: number;

  constructor(text: string, value: number) {
    this.text = text;
    this.value = value;
  }

  /** For whoever writes JSON that no text depends on. */
  toJSON(): number {
    return this.value;
  }
}

export function isJsonObject(value: unknown): value is JsonObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof WrittenNumber)
  );
}

/** A number, however it was written. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return value instanceof WrittenNumber ? value.value : undefined;
}

/** The same with plain numbers, for whoever sends numbers as numbers. What has none is shared. */
export function plainNumbersIn(value: Json): Json {
  if (value instanceof WrittenNumber) return value.value;
  if (Array.isArray(value)) {
    const items = value.map((item: Json) => plainNumbersIn(item));
    return items.some((item, at) => item !== value[at]) ? items : value;
  }
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).map(
    ([key, inner]) => [key, plainNumbersIn(inner)] as const,
  );
  return entries.some(([key, inner]) => inner !== value[key]) ? Object.fromEntries(entries) : value;
}

/**
 * Stands in an object in the place of a part of an answer that was too large to be read; its value:
 * characters.
 */
export const leftOutKey = '$prefect-ecs-worker.left-out';

/** Whoever read it found more than it could take in. */
export function isLeftOut(value: unknown): boolean {
  return isJsonObject(value) && Object.hasOwn(value, leftOutKey);
}

/** Whether the value, or a part of it however deep, was left out. */
export function holdsLeftOut(value: unknown): boolean {
  if (Array.isArray(value)) return value.some((item) => holdsLeftOut(item));
  return (
    isJsonObject(value) &&
    (isLeftOut(value) || Object.values(value).some((inner) => holdsLeftOut(inner)))
  );
}
