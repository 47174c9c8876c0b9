import { ValidationError } from '../../kernel/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import { isEmpty, textIn } from '../job/shape.ts';

/** Name of the container in which a flow run is orchestrated, unless the user says otherwise. */
export const defaultContainerName = 'prefect';

/** A container of a definition; `isSpokenOf`: the pool's variables mean it. */
export interface DefinedContainer {
  readonly container: JsonObject;
  readonly isSpokenOf: boolean;
}

/**
 * The containers of a definition, without what a template left empty; the one that is spoken of
 * stays, be it empty.
 */
export function containersIn(
  definition: JsonObject,
  spokenAt?: number,
): readonly DefinedContainer[] {
  const list = definition['containerDefinitions'];
  if (!Array.isArray(list)) return [];
  return list.flatMap((container: Json, at): DefinedContainer[] => {
    const isSpokenOf = at === spokenAt;
    return isJsonObject(container) && (isSpokenOf || !isEmpty(container))
      ? [{ container, isSpokenOf }]
      : [];
  });
}

/**
 * `prefect` if a container has that name, else the name of the one that is spoken of, which may be
 * none; else the first container's (worker.md V3; OURS: what is spoken of comes before what is
 * first).
 */
export function containerNameIn(definition: JsonObject, spokenAt?: number): string | undefined {
  const containers = containersIn(definition, spokenAt);
  const names = containers.map(({ container }) => textIn(container['name']));
  if (names.includes(defaultContainerName)) return defaultContainerName;
  const spoken = containers.findIndex(({ isSpokenOf }) => isSpokenOf);
  return names[Math.max(0, spoken)];
}

/**
 * The configured name, else the definition's, else `prefect`. Definition and override must agree,
 * or the command is lost (worker.md 4.3, 7 rule 8).
 */
export function prefectContainerName(
  configured: string | undefined,
  definition: JsonObject,
): string {
  return configured ?? containerNameIn(definition) ?? defaultContainerName;
}

/** How Prefect's container is known among several. */
export type KnownBy = 'itself' | 'order';

/**
 * Whether anything but its place says which container of a definition runs the flow. Throws
 * ValidationError where the first has another name and one has none: the flow's command would run
 * in an image that is not its own.
 */
export function prefectContainerIsKnownBy(
  definition: JsonObject,
  spokenAt: number | undefined,
): KnownBy {
  const containers = containersIn(definition, spokenAt);
  const names = containers.map(({ container }) => textIn(container['name']));
  const isKnown =
    names.length < 2 ||
    names[0] === undefined ||
    names.includes(defaultContainerName) ||
    containers.some(({ isSpokenOf }) => isSpokenOf);
  if (isKnown) return 'itself';
  if (names.every((name) => name !== undefined)) return 'order';
  throw new ValidationError(
    `The task definition has ${names.length} containers, and none of them is known to be the one that runs the flow: the ` +
      `first is '${names[0]}', and another has no name. Name the flow's container 'prefect', or name it and set the job ` +
      'variable `container_name`.',
  );
}
