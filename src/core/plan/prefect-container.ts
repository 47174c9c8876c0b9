import { ValidationError } from '../../kernel/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import { isEmpty, textIn } from '../job/shape.ts';

/** The default name of the container that runs the flow. */
export const defaultContainerName = 'prefect';

/** A container of a definition. `isSpokenOf`: the pool's variables fill it. */
export interface DefinedContainer {
  readonly container: JsonObject;
  readonly isSpokenOf: boolean;
}

/** The non-empty containers of a definition, and the one that the pool's variables fill. */
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
 * `prefect` if a container has that name, else the name, if any, of the container that the pool's
 * variables fill, else the name of the first one (worker.md V3; OURS: filled before first).
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

/** What identifies Prefect's container among several. */
export type KnownBy = 'itself' | 'order';

/**
 * Whether only the order identifies the container that runs the flow. Throws ValidationError if the
 * first has another name and one has none: the flow's command could run in the wrong image.
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
    `The task definition has ${names.length} containers, and it is unclear which of them runs the flow: the first is ` +
      `'${names[0]}', and another has no name. Name the flow's container 'prefect', or name it and set the job variable ` +
      '`container_name`.',
  );
}
