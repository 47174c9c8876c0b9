import type { JsonObject } from '../../kernel/json.ts';
import { pyRepr, pyStr } from '../job/py-repr.ts';
import { canonicalDefinition } from './canonical-definition.ts';
import { sameDefinition, type DefinitionDifference } from './same-definition.ts';

/**
 * Why two definitions differ, for a debug log: the Python worker's lines by top-level key, then our
 * own by path. `shown` masks secrets. Source: worker.md 5.3.
 */
export function differenceLines(
  generated: JsonObject,
  retrieved: JsonObject,
  shown: (document: JsonObject) => JsonObject,
): readonly string[] {
  const ours = shown(canonicalDefinition(generated));
  const theirs = shown(canonicalDefinition(retrieved));
  const { differences } = sameDefinition(generated, retrieved);
  const shownDifferences = new Map(
    sameDefinition(ours, theirs).differences.map((difference) => [difference.path, difference]),
  );
  const changedKeys = new Set(differences.map(({ path }) => topKey(path)));
  return [
    'The generated task definition and the retrieved task definition are not equal.',
    ...onlyIn('generated', ours, theirs),
    ...onlyIn('retrieved', theirs, ours),
    ...Object.entries(ours).flatMap(([key, generatedValue]) => {
      const retrievedValue = theirs[key];
      if (retrievedValue === undefined || !changedKeys.has(key)) return [];
      return [
        `Value differs for key '${key}':`,
        ` Generated:  ${pyStr(generatedValue)}`,
        ` Retrieved: ${pyStr(retrievedValue)}`,
      ];
    }),
    ...differences.map(({ path }) => inWords(path, shownDifferences.get(path))),
  ];
}

function onlyIn(which: string, one: JsonObject, other: JsonObject): readonly string[] {
  const keys = Object.keys(one).filter((key) => !(key in other));
  if (keys.length === 0) return [];
  return [`Keys only in ${which} task definition: {${keys.map((key) => pyRepr(key)).join(', ')}}`];
}

/** If both sides look the same after masking, the difference is in a secret. */
function inWords(path: string, difference: DefinitionDifference | undefined): string {
  if (difference === undefined) return `${path} differs in a secret value.`;
  const value = (side: DefinitionDifference['ours']): string =>
    side === undefined ? 'nothing' : pyRepr(side);
  return `${path} differs: generated ${value(difference.ours)}, retrieved ${value(difference.theirs)}.`;
}

function topKey(path: string): string {
  return path
    .replace(/^\/|(?<=.)\/.*$/gs, '')
    .replaceAll('~1', '/')
    .replaceAll('~0', '~');
}
