import { nearestName } from '../../kernel/nearest.ts';
import { shortened } from '../job/shortened.ts';
import type { Kind, Problem } from './problems.ts';

/** Further ones are only counted. */
const toldAtMost = 5;
/** Of a key or a path, in characters. */
const longestName = 200;

export const allowUnknownSetting = 'PREFECT_ECS_ALLOW_UNKNOWN_AWS_FIELDS';

/**
 * botocore's error about a call's parameters, with the name that was probably meant. Shows types,
 * never values: any of them may be secret. `place` is where to fix it. `mayBeNew`: the field may be
 * newer than this version, and a setting allows it.
 */
export function problemWords(problems: readonly Problem[], place: string, mayBeNew = true): string {
  const told = problems.slice(0, toldAtMost);
  const more = problems.length - told.length;
  const isNew =
    mayBeNew && told.some((problem) => problem.kind === 'unknown' && adviceFor(problem) === '');
  return [
    'Parameter validation failed:',
    ...told.map((problem) => wordsOf(problem)),
    ...(more > 0 ? [`${more} more.`] : []),
    `Nothing was sent to AWS. Fix ${place}.`,
    ...(isNew ? [`If the field is newer than this version, set ${allowUnknownSetting}=true.`] : []),
  ].join('\n');
}

function wordsOf(problem: Problem): string {
  const place = problem.path === '' ? 'input' : quoted(problem.path).slice(1, -1);
  switch (problem.kind) {
    case 'unknown':
      return (
        `Unknown parameter in ${place}: ${quoted(problem.name)}, must be one of: ${problem.valid.join(', ')}` +
        adviceFor(problem)
      );
    case 'missing':
      return `Missing required parameter in ${place}: "${problem.name}"`;
    case 'type':
      return (
        `Invalid type for parameter ${place}, type: ${kinds[problem.met].python}, ` +
        `valid types: ${problem.expected.map((kind) => kinds[kind].python).join(', ')}. ` +
        `Found ${kinds[problem.met].plain}, expected ${problem.expected.map((kind) => kinds[kind].plain).join(' or ')}.`
      );
  }
}

type Unknown = Extract<Problem, { kind: 'unknown' }>;

function adviceFor({ name, valid, isWrapper }: Unknown): string {
  const nearest = nearestName(name, valid);
  if (nearest !== undefined) return `. Did you mean "${nearest}"?`;
  if (!isWrapper) return '';
  return `. It is wrapped one level too deep: replace ${quoted(name)} by its content.`;
}

/** Users choose keys. Quoted they stay on one line; shortened they do not fill a state. */
function quoted(text: string): string {
  return JSON.stringify(shortened(text, longestName));
}

const kinds: Readonly<Record<Kind, { readonly python: string; readonly plain: string }>> = {
  null: { python: "<class 'NoneType'>", plain: 'null' },
  text: { python: "<class 'str'>", plain: 'a text' },
  integer: { python: "<class 'int'>", plain: 'a whole number' },
  number: {
    python: "<class 'float'>",
    plain: 'a number that is not whole, or has too many digits',
  },
  boolean: { python: "<class 'bool'>", plain: 'true or false' },
  list: { python: "<class 'list'>", plain: 'a list' },
  object: { python: "<class 'dict'>", plain: 'an object' },
};
