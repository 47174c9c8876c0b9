import { isDeepStrictEqual } from 'node:util';

type Document = Readonly<Record<string, unknown>>;

/** Removes `clientToken` and `startedBy` from a request unless the vector expects them. */
export function comparable(actual: Document | null, expected: Document | null): Document | null {
  if (actual === null) return null;
  return Object.fromEntries(
    Object.entries(actual).filter(
      ([key]) =>
        !['clientToken', 'startedBy'].includes(key) ||
        (expected !== null && Object.hasOwn(expected, key)),
    ),
  );
}

/**
 * Describes where two payloads differ; empty if nowhere. Environments of overrides are compared
 * without order, and matchers by what they allow.
 */
export function explainDifference(expected: unknown, actual: unknown, path = ''): string {
  if (isMatcher(expected))
    return matches(expected, actual)
      ? ''
      : `${path}: ${show(actual)} does not match ${show(expected)}`;
  if (Array.isArray(expected) && Array.isArray(actual)) {
    const [ours, theirs] =
      path.endsWith('/environment') && path.includes('/containerOverrides/')
        ? [byName(expected), byName(actual)]
        : [expected, actual];
    if (ours.length !== theirs.length)
      return `${path}: expected ${show(ours)}, got ${show(theirs)}`;
    return (
      ours
        .map((item, at) => explainDifference(item, theirs[at], `${path}/${at}`))
        .find((text) => text !== '') ?? ''
    );
  }
  if (isDocument(expected) && isDocument(actual)) {
    const keys = [...new Set([...Object.keys(expected), ...Object.keys(actual)])];
    return (
      keys
        .map((key) =>
          Object.hasOwn(expected, key) === Object.hasOwn(actual, key)
            ? explainDifference(expected[key], actual[key], `${path}/${key}`)
            : `${path}/${key}: expected ${show(expected[key])}, got ${show(actual[key])}`,
        )
        .find((text) => text !== '') ?? ''
    );
  }
  return isDeepStrictEqual(expected, actual)
    ? ''
    : `${path}: expected ${show(expected)}, got ${show(actual)}`;
}

interface Matcher {
  readonly $subset: readonly unknown[];
  readonly length: number;
  readonly spread: Readonly<Record<string, string>>;
}

function isMatcher(value: unknown): value is Matcher {
  return isDocument(value) && '$subset' in value;
}

/** Matches n different items of a list, spread evenly over the zones. */
function matches(matcher: Matcher, actual: unknown): boolean {
  if (
    !Array.isArray(actual) ||
    actual.length !== matcher.length ||
    new Set(actual).size !== actual.length
  )
    return false;
  if (!actual.every((item) => matcher.$subset.includes(item))) return false;
  const zones = [...new Set(Object.values(matcher.spread))];
  const share = matcher.length / zones.length;
  return zones.every((zone) => {
    const count = actual.filter((item) => matcher.spread[String(item)] === zone).length;
    return count === Math.floor(share) || count === Math.ceil(share);
  });
}

function byName(items: readonly unknown[]): readonly unknown[] {
  const nameOf = (item: unknown): string => (isDocument(item) ? String(item['name']) : '');
  return [...items].sort((one, other) =>
    nameOf(one) < nameOf(other) ? -1 : nameOf(one) > nameOf(other) ? 1 : 0,
  );
}

function isDocument(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  return JSON.stringify(value)?.slice(0, 300) ?? 'nothing';
}
