/** JSON from the wire. Users' templates pass through as this, with unknown keys unchanged. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject | WrittenNumber;
export type JsonObject = { readonly [key: string]: Json };

/**
 * A number that Python writes differently than JavaScript: `2.0`, `1e16`, or a whole number that no
 * double can hold. All other numbers are plain.
 */
export class WrittenNumber {
  /** The number's text in Python's `str` and `json`. */
  readonly text: string;
  /** The closest double; may be infinite or NaN. */
  readonly value: number;

  constructor(text: string, value: number) {
    this.text = text;
    this.value = value;
  }

  /** For JSON whose exact text does not matter. */
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

/** The value of a plain or written number. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return value instanceof WrittenNumber ? value.value : undefined;
}

/** A copy with plain numbers, to send numbers as numbers. Shares parts without written numbers. */
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

/** Marks a part of an answer that was too large to parse. Its value is the number of characters. */
export const leftOutKey = '$prefect-ecs-worker.left-out';

/** Whether the value was too large to parse. */
export function isLeftOut(value: unknown): boolean {
  return isJsonObject(value) && Object.hasOwn(value, leftOutKey);
}

/** Whether the value or any part of it was left out. */
export function holdsLeftOut(value: unknown): boolean {
  if (Array.isArray(value)) return value.some((item) => holdsLeftOut(item));
  return (
    isJsonObject(value) &&
    (isLeftOut(value) || Object.values(value).some((inner) => holdsLeftOut(inner)))
  );
}
