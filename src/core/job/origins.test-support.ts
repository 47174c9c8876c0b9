import type { Origin } from './origin.ts';
import { noOrigins, partOf, withParts, type Origins } from './origins.ts';

/** Origins by JSON pointer, as tests write them; `''` is the document itself. */
export function originsFrom(entries: Readonly<Record<string, Origin>>): Origins {
  return Object.entries(entries).reduce(
    (origins, [pointer, origin]) => withOrigin(origins, namesIn(pointer), origin),
    noOrigins,
  );
}

/** The origin at a JSON pointer. */
export function originOf(origins: Origins, pointer: string): Origin | undefined {
  return namesIn(pointer).reduce(partOf, origins).origin;
}

function withOrigin(origins: Origins, [name, ...rest]: readonly string[], origin: Origin): Origins {
  if (name === undefined) return { ...origins, origin };
  return withParts(origins, [
    [name, withOrigin(origins.parts.get(name) ?? noOrigins, rest, origin)],
  ]);
}

function namesIn(pointer: string): readonly string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
}
