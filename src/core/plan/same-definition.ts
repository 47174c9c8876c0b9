import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import { canonicalDefinition } from './canonical-definition.ts';

/** A difference of two definitions. `path` is a JSON pointer into their canonical forms. */
export interface DefinitionDifference {
  readonly path: string;
  /** Undefined if this side lacks it. */
  readonly ours: Json | undefined;
  readonly theirs: Json | undefined;
}

export interface Comparison {
  readonly same: boolean;
  /** Empty when they are the same. */
  readonly differences: readonly DefinitionDifference[];
}

/**
 * Whether ECS treats `ours` and `theirs` as the same task definition, so that `theirs` can be
 * reused; if not, their differences. Source: worker.md 5.3.
 */
export function sameDefinition(ours: JsonObject, theirs: JsonObject): Comparison {
  const differences = differencesBetween(
    canonicalDefinition(ours),
    canonicalDefinition(theirs),
    '',
  );
  return { same: differences.length === 0, differences };
}

function differencesBetween(
  ours: Json | undefined,
  theirs: Json | undefined,
  path: string,
): readonly DefinitionDifference[] {
  if (isJsonObject(ours) && isJsonObject(theirs)) {
    const keys = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])];
    return keys.flatMap((key) =>
      differencesBetween(ours[key], theirs[key], `${path}/${escaped(key)}`),
    );
  }
  if (Array.isArray(ours) && Array.isArray(theirs)) {
    const length = Math.max(ours.length, theirs.length);
    return Array.from({ length }, (_, at) => at).flatMap((at) =>
      differencesBetween(ours[at], theirs[at], `${path}/${at}`),
    );
  }
  return ours === theirs ? [] : [{ path, ours, theirs }];
}

/** JSON pointers escape `~` and `/` in keys as `~0` and `~1`. */
function escaped(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1');
}
