import { ValidationError } from '../../kernel/errors.ts';
import type { KnownSecret } from '../../kernel/redaction/known-secret.ts';
import {
  isJsonObject,
  isLeftOut,
  WrittenNumber,
  type Json,
  type JsonObject,
} from '../../kernel/json.ts';
import { pyStr } from './py-repr.ts';
import { shortened } from './shortened.ts';

/**
 * Limits on the size of a job. ECS accepts 64 KiB for a task definition and 8 KiB for overrides, so
 * these limits exceed everything that can run. They are small enough that no author of job
 * variables can block a worker that serves others, too.
 */
export const bounds = {
  /** Nesting of objects and lists. Prefect itself accepts at most 254. */
  depth: 64,
  /** Job variables of a deployment or a run. Each dotted key counts. */
  names: 10_000,
  /** Texts, numbers, objects and lists. */
  values: 20_000,
  /** Characters of all names and texts. */
  characters: 1_000_000,
  /** Block documents of one job. Each one costs a call. */
  blocks: 200,
  /** Prefect variables of one job. Each one costs a call. */
  variables: 200,
  /** Secrets of one job, and their characters. Each is searched for in all output. */
  secrets: 1_000,
  secretCharacters: 200_000,
} as const;

/**
 * Throws ValidationError if a document has too many values or is nested too deeply. The length of
 * texts is not checked yet: a template or deployment may hold long texts that this job never uses.
 */
export function checkInput(document: JsonObject, what: string): void {
  if (isLeftOut(document))
    throw new ValidationError(`${what.replace(/^t/, 'T')} are too large. They ${mayHave}`);
  checkParts(document, what, Infinity);
}

/** Throws ValidationError for too many job variables, and as `checkInput` does. */
export function checkJobVariables(variables: JsonObject, what: string): void {
  const count = Object.keys(variables).length;
  if (count > bounds.names) {
    throw new ValidationError(
      `The ${what} number ${grouped(count)}, but at most ${grouped(bounds.names)} are allowed. Group related values in one object.`,
    );
  }
  checkInput(variables, `the ${what}`);
}

/** Throws ValidationError for a dotted key with too many parts: each is a level of nesting. */
export function checkPath(path: readonly string[], key: string): void {
  if (path.length > bounds.depth) throw tooDeep(key, 'the job variables');
}

/** Like `checkInput`, for a whole job, including the length of its texts. */
export function checkSize(document: JsonObject, what: string): void {
  checkParts(document, what, bounds.characters);
}

function checkParts(document: JsonObject, what: string, characters: number): void {
  const left = { values: bounds.values, characters };
  for (const [name, value] of Object.entries(document)) {
    const amount = amountOf(value, left);
    if (amount === 'too-deep') throw tooDeep(name, what);
    if (amount === 'too-much') throw tooLarge(name, what);
    left.values -= amount.values;
    left.characters -= amount.characters + name.length;
  }
}

/** Throws ValidationError if a job references too many of `what`. */
export function checkCount(count: number, most: number, what: string): void {
  if (count <= most) return;
  throw new ValidationError(
    `The job configuration references ${grouped(count)} ${what}, but at most ${grouped(most)} are read for a flow run. ` +
      'Combine related values in one of them.',
  );
}

/** Throws ValidationError, without values, if a job has too many secrets to redact. */
export function checkSecrets(secrets: readonly KnownSecret[]): readonly KnownSecret[] {
  const characters = secrets.reduce((sum, { secret }) => sum + secret.reveal().length, 0);
  if (secrets.length <= bounds.secrets && characters <= bounds.secretCharacters) return secrets;
  throw new ValidationError(
    `The job's blocks and variables have too many secrets to redact in logs: ${grouped(secrets.length)} with ` +
      `${grouped(characters)} characters; at most ${grouped(bounds.secrets)} with ${grouped(bounds.secretCharacters)} ` +
      'characters are allowed. Use smaller blocks, or read the blocks in the flow.',
  );
}

/** The remaining size of texts with placeholders: a short text may use a long value many times. */
export class Room {
  #left: number = bounds.characters;

  /** Python's `str` of a value. Throws ValidationError with the placeholder if it is too large. */
  textOf(value: Json, placeholder: string): string {
    const amount = amountOf(value, { values: bounds.values, characters: this.#left });
    const text = typeof amount === 'string' ? undefined : pyStr(value);
    this.#left -= text?.length ?? Infinity;
    if (text !== undefined && this.#left >= 0) return text;
    throw new ValidationError(
      `The value of '{{ ${shortened(placeholder)} }}' makes the texts of the job configuration too large. They may have ` +
        `${grouped(bounds.characters)} characters, and a value in a text at most ${bounds.depth} levels. Use a smaller value.`,
    );
  }
}

interface Amount {
  values: number;
  characters: number;
}

/** The size of a value; a part that occurs twice counts twice. Stops when `room` is exceeded. */
function amountOf(value: Json, room: Readonly<Amount>): Readonly<Amount> | 'too-much' | 'too-deep' {
  const amount: Amount = { values: 0, characters: 0 };
  let level: Json[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    const inner: Json[] = [];
    for (const one of level) {
      amount.values += 1;
      if (typeof one === 'string') amount.characters += one.length;
      else if (one instanceof WrittenNumber) amount.characters += one.text.length;
      else if (Array.isArray(one)) addItems(one, inner, room.values - amount.values);
      else if (isLeftOut(one)) return 'too-much';
      else if (isJsonObject(one))
        amount.characters += addMembers(one, inner, room.values - amount.values);
      if (amount.values + inner.length > room.values || amount.characters > room.characters)
        return 'too-much';
    }
    if (depth >= bounds.depth && inner.length > 0) return 'too-deep';
    level = inner;
  }
  return amount;
}

function addItems(items: readonly Json[], to: Json[], most: number): void {
  for (const item of items) {
    to.push(item);
    if (to.length > most) return;
  }
}

/** The characters of the names. */
function addMembers(document: JsonObject, to: Json[], most: number): number {
  let characters = 0;
  for (const name in document) {
    characters += name.length;
    to.push(document[name] ?? null);
    if (to.length > most) return characters;
  }
  return characters;
}

const mayHave =
  `may have at most ${grouped(bounds.values)} values and ${grouped(bounds.characters)} characters. Move large values ` +
  'to the image or to storage.';

function tooLarge(name: string, what: string): ValidationError {
  return new ValidationError(`'${shortened(name)}' makes ${what} too large. It ${mayHave}`);
}

function tooDeep(name: string, what: string): ValidationError {
  return new ValidationError(
    `'${shortened(name)}' in ${what} is nested more than ${bounds.depth} levels deep, the maximum for a job. ` +
      'Make it flatter, or store it as text.',
  );
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
