import type { Origin } from './origin.ts';

/**
 * The origins of a document's parts, as a parallel tree; names are an object's keys or a list's
 * indexes. A part without an origin has that of its closest ancestor. Immutable, so that documents
 * can share subtrees: moving a value costs the same however large it is.
 */
export interface Origins {
  readonly origin: Origin | undefined;
  readonly parts: ReadonlyMap<string, Origins>;
}

/** Names from the outermost in, e.g. `['env', 'FOO']`. */
export type Path = readonly string[];

const noParts: ReadonlyMap<string, Origins> = new Map();

/** No information. */
export const noOrigins: Origins = { origin: undefined, parts: noParts };

/** From values that all runs of a pool share to values that only one run may see. */
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

/** Shared instances: most parts of a document have a single origin. */
const whole = Object.fromEntries(
  byPrivacy.map((origin): [Origin, Origins] => [origin, { origin, parts: noParts }]),
) as Readonly<Record<Origin, Origins>>; // every origin is in the list

/** The same origin for a value and everything in it. */
export function allFrom(origin: Origin): Origins {
  return whole[origin];
}

/** The origin of one part. */
export function originAt(origins: Origins, path: Path, otherwise: Origin): Origin {
  return partAt(origins, path).origin ?? otherwise;
}

/** The origins of a part and of everything in it. */
export function partAt(origins: Origins, path: Path): Origins {
  return path.reduce(partOf, origins);
}

/** Like `partAt`, for a direct part. */
export function partOf(origins: Origins, name: string): Origins {
  const part = origins.parts.get(name);
  if (part === undefined)
    return origins.parts.size === 0 ? origins : { ...origins, parts: noParts };
  return part.origin === undefined ? { ...part, origin: origins.origin } : part;
}

/** A copy of `origins` with some parts replaced. */
export function withParts(origins: Origins, parts: Iterable<readonly [string, Origins]>): Origins {
  return { origin: origins.origin, parts: new Map([...origins.parts, ...parts]) };
}

/** A text made from several values is as private as the most private one. */
export function mostPrivate(one: Origin, other: Origin): Origin {
  return byPrivacy.indexOf(one) >= byPrivacy.indexOf(other) ? one : other;
}

/** Whether the value comes from the job variables of the run or its deployment. */
export function isOfRun({ origin }: Pick<Origins, 'origin'>): boolean {
  return origin === 'deployment' || origin === 'flow-run';
}

/** Whether errors must not show the value. */
export function isPrivate(origin: Origin): boolean {
  return origin === 'worker-environment' || origin === 'prefect-variable' || origin === 'block';
}
