import { isDeepStrictEqual } from 'node:util';

type Document = Readonly<Record<string, unknown>>;

/**
 * One place where two answers differ. `path` is like `/run_task/tags/0`; a side without a value
 * there is undefined.
 */
export interface Difference {
  readonly path: string;
  readonly python: unknown;
  readonly ours: unknown;
}

/** Lists the differences. Override variables and tags have no order, so names match them. */
export function differencesBetween(
  python: unknown,
  ours: unknown,
  path = '',
): readonly Difference[] {
  if (isDeepStrictEqual(python, ours)) return [];
  if (Array.isArray(python) && Array.isArray(ours)) {
    const [theirs, own] = [python, ours].map((items: readonly unknown[]) => indexed(items, path));
    if (theirs !== undefined && own !== undefined) return differencesBetween(theirs, own, path);
    const length = Math.max(python.length, ours.length);
    return Array.from({ length }, (_, at) => at).flatMap((at) =>
      differencesBetween(python[at], ours[at], `${path}/${at}`),
    );
  }
  if (isDocument(python) && isDocument(ours)) {
    const keys = [...new Set([...Object.keys(python), ...Object.keys(ours)])];
    return keys.flatMap((key) =>
      Object.hasOwn(python, key) && Object.hasOwn(ours, key)
        ? differencesBetween(python[key], ours[key], `${path}/${key}`)
        : [{ path: `${path}/${key}`, python: python[key], ours: ours[key] }],
    );
  }
  return [{ path, python, ours }];
}

/** Turns a list of `name` or `key` with `value` into an object, unless a name repeats. */
function indexed(items: readonly unknown[], path: string): Document | undefined {
  const key = /(containerOverrides|containerDefinitions)\/\d+\/environment$/.test(path)
    ? 'name'
    : path === '/run_task/tags'
      ? 'key'
      : undefined;
  if (key === undefined) return undefined;
  const entries = items.map((item) =>
    isDocument(item) ? ([String(item[key]), item['value']] as const) : (['', item] as const),
  );
  const document = Object.fromEntries(entries);
  return Object.keys(document).length === items.length ? document : undefined;
}

export function isDocument(value: unknown): value is Document {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
