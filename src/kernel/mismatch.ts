import { numberOf } from './json.ts';

/** One mismatch between a document and its schema: the part of a zod issue that is used here. */
export interface Issue {
  readonly code?: string | undefined;
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly expected?: unknown;
  readonly values?: readonly unknown[];
  readonly keys?: readonly string[];
  readonly errors?: readonly (readonly Issue[])[];
  readonly minimum?: unknown;
  readonly maximum?: unknown;
  /** The allowed discriminator values of a union. */
  readonly options?: readonly unknown[];
  readonly origin?: unknown;
  readonly format?: unknown;
  readonly params?: Readonly<Record<string, unknown>> | undefined;
}

/** Further ones are only counted. */
const toldAtMost = 5;

/**
 * The mismatches in plain words: path, type found, type expected. Never shows values: any of them
 * may be secret.
 */
export function mismatchWords(
  document: unknown,
  { issues }: { readonly issues: readonly Issue[] },
): string {
  const told = issues.slice(0, toldAtMost).map((issue) => issueWords(document, issue));
  const more = issues.length - told.length;
  return [...told, ...(more > 0 ? [`${more} more`] : [])].join('; ');
}

function issueWords(document: unknown, issue: Issue): string {
  const place = issue.path.length === 0 ? 'the document' : issue.path.map(String).join('.');
  if (issue.code === 'unrecognized_keys')
    return `${place}: unknown ${issue.keys?.length === 1 ? 'key' : 'keys'} ${listed(issue.keys ?? [], 'and')}`;
  return `${place}: found ${kindOf(valueAt(document, issue.path))}, expected ${expectedBy(issue)}`;
}

/** The expected type, as a continuation of "expected". */
export function expectedBy(issue: Issue): string {
  const told = issue.params?.['expected'];
  if (typeof told === 'string') return told;
  switch (issue.code) {
    case 'invalid_type':
      return typeWords[String(issue.expected)] ?? String(issue.expected);
    case 'invalid_value':
      return listed(issue.values ?? [], 'or');
    case 'invalid_format':
      return `a text of the form '${String(issue.format)}'`;
    case 'too_small':
      return `${sizeWords[String(issue.origin)] ?? 'a number of'} at least ${String(issue.minimum)}`;
    case 'too_big':
      return `${sizeWords[String(issue.origin)] ?? 'a number of'} at most ${String(issue.maximum)}`;
    case 'invalid_union':
      return unionWords(issue);
    case undefined:
    default:
      return issue.message === 'Invalid input' ? 'something else' : issue.message;
  }
}

/** All distinct alternatives of a union. */
function unionWords({ errors: ways = [], options = [] }: Issue): string {
  if (options.length > 0) return listed(options, 'or');
  const words = ways.flatMap(([first]) => (first === undefined ? [] : [wayWords(first)]));
  const different = [...new Set(words)];
  return different.length === 0 ? 'another type' : different.join(' or ');
}

function wayWords(issue: Issue): string {
  const inside = issue.path.length === 0 ? '' : ` in ${issue.path.map(String).join('.')}`;
  return `${expectedBy(issue)}${inside}`;
}

const typeWords: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
  null: 'null',
  date: 'a time',
};

const sizeWords: Readonly<Record<string, string>> = {
  string: 'a text with a length of',
  array: 'a list with a length of',
};

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  const number = numberOf(value);
  if (number !== undefined)
    return Number.isFinite(number) ? 'a number' : 'a number that is not finite';
  return typeof value === 'boolean' ? 'true or false' : (typeWords[typeof value] ?? typeof value);
}

function valueAt(document: unknown, path: readonly PropertyKey[]): unknown {
  let value = document;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    value = value[key as keyof typeof value]; // safe: the key exists
  }
  return value;
}

function listed(values: readonly unknown[], word: string): string {
  const quoted = values.map((value) => `'${String(value)}'`);
  const last = quoted.at(-1) ?? '';
  return quoted.length < 2 ? last : `${quoted.slice(0, -1).join(', ')} ${word} ${last}`;
}
