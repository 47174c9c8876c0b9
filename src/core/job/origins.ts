import type { Origin } from './origin.ts';

/**
 * Where the parts of a document came from, as a tree beside it: names are an object's keys or a
 * list's positions. A part without an origin has that of the nearest one above it. Never changed,
 * so that documents share what they share: to put a value in another place costs the same however
 * large it is.
 */
export interface Origins {
  readonly origin: Origin | undefined;
  readonly parts: ReadonlyMap<string, Origins>;
}

/** Names from the outermost in, e.g. `['env', 'FOO']`. */
export type Path = readonly string[];

const noParts: ReadonlyMap<string, Origins> = new Map();

/** Says nothing. */
export const noOrigins: Origins = { origin: undefined, parts: noParts };

/** From what every run of a pool shares to what only one may see. */
const byPrivacy: readonly Origin[] = [
  'pool-template',
  'variable-default',
  'deployment',
  'worker-setting',
  'worker',
  'worker-environment',
  'prefect-variable',
  'flow-run',
  'block',
];

/** One of each, since most parts of a document are of one origin. */
const whole = Object.fromEntries(
  byPrivacy.map((origin): [Origin, Origins] => [origin, { origin, parts: noParts }]),
) as Readonly<Record<Origin, Origins>>; // every origin is in the list

/** One origin for a value and everything in it. */
export function allFrom(origin: Origin): Origins {
  return whole[origin];
}

/** The origin of one part. */
export function originAt(origins: Origins, path: Path, otherwise: Origin): Origin {
  return partAt(origins, path).origin ?? otherwise;
}

/** The origins of one part and of all in it. */
export function partAt(origins: Origins, path: Path): Origins {
  return path.reduce(partOf, origins);
}

/** Likewise, for a part by its own name. */
export function partOf(origins: Origins, name: string): Origins {
  const part = origins.parts.get(name);
  if (part === undefined)
    return origins.parts.size === 0 ? origins : { ...origins, parts: noParts };
  return part.origin === undefined ? { ...part, origin: origins.origin } : part;
}

/** `origins` with other ones for some of its parts. */
export function withParts(origins: Origins, parts: Iterable<readonly [string, Origins]>): Origins {
  return { origin: origins.origin, parts: new Map([...origins.parts, ...parts]) };
}

/** A text made of several values is as private as the most private of them. */
export function mostPrivate(one: Origin, other: Origin): Origin {
  return byPrivacy.indexOf(one) >= byPrivacy.indexOf(other) ? one : other;
}

/** Whether the run's author named it, in the run's own job variables or in the deployment's. */
export function isOfRun({ origin }: Pick<Origins, 'origin'>): boolean {
  return origin === 'deployment' || origin === 'flow-run';
}

/** Whether a text may hold what no error may show. */
export function isPrivate(origin: Origin): boolean {
  return origin === 'worker-environment' || origin === 'prefect-variable' || origin === 'block';
}
