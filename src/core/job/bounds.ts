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
 * What a job may be made of. ECS takes 64 KiB of a task definition and 8 KiB of overrides: all of
 * this is far beyond what can run, and small enough that no author of a job variable can hold up a
 * worker that serves others, too.
 */
export const bounds = {
  /** Objects and lists within one another. Prefect itself takes no more than 254. */
  depth: 64,
  /** Job variables of a deployment or a run, dotted keys each for itself. */
  names: 10_000,
  /** Texts, numbers, objects and lists. */
  values: 20_000,
  /** Characters of all names and texts. */
  characters: 1_000_000,
  /** Block documents that one job names: each is a call. */
  blocks: 200,
  /** Prefect variables likewise. */
  variables: 200,
  /**
   * Texts that a job keeps secret, and their characters: each is looked for in all that leaves the
   * process.
   */
  secrets: 1_000,
  secretCharacters: 200_000,
} as const;

/**
 * Throws ValidationError that names what has too many values or is nested too deeply, and the
 * bound. Texts may be of any length: most of a template's variables, and of a deployment's, are for
 * others.
 */
export function checkInput(document: JsonObject, what: string): void {
  if (isLeftOut(document))
    throw new ValidationError(`${what.replace(/^t/, 'T')} are too large: they ${mayHave}`);
  checkParts(document, what, Infinity);
}

/** Throws ValidationError for more job variables than anybody sets, and as `checkInput`. */
export function checkJobVariables(variables: JsonObject, what: string): void {
  const count = Object.keys(variables).length;
  if (count > bounds.names) {
    throw new ValidationError(
      `The ${what} are ${grouped(count)}; they may be ${grouped(bounds.names)}. Put values that belong together into one object.`,
    );
  }
  checkInput(variables, `the ${what}`);
}

/** Throws ValidationError for a dotted key, of which each part is a level. */
export function checkPath(path: readonly string[], key: string): void {
  if (path.length > bounds.depth) throw tooDeep(key, 'the job variables');
}

/** The same for all that a job is, texts included. */
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

/** Throws ValidationError when there are more of `what` than a job may name. */
export function checkCount(count: number, most: number, what: string): void {
  if (count <= most) return;
  throw new ValidationError(
    `The job configuration names ${grouped(count)} ${what}; at most ${grouped(most)} are read for a flow run. ` +
      'Put values that belong together into one of them.',
  );
}

/**
 * Throws ValidationError, which shows none, when a job keeps more secret than can be kept out of
 * logs.
 */
export function checkSecrets(secrets: readonly KnownSecret[]): readonly KnownSecret[] {
  const characters = secrets.reduce((sum, { secret }) => sum + secret.reveal().length, 0);
  if (secrets.length <= bounds.secrets && characters <= bounds.secretCharacters) return secrets;
  throw new ValidationError(
    `The job's blocks and variables hold too many secret texts to keep out of logs: ${grouped(secrets.length)} with ` +
      `${grouped(characters)} characters, and at most ${grouped(bounds.secrets)} with ${grouped(bounds.secretCharacters)}. ` +
      'Name blocks that hold less, or let the flow read them itself.',
  );
}

/** Room for texts that values are put into: one short text may name a long value many times. */
export class Room {
  #left: number = bounds.characters;

  /**
   * The value as Python writes it. Throws ValidationError that names the placeholder when there is
   * no room for it.
   */
  textOf(value: Json, placeholder: string): string {
    const amount = amountOf(value, { values: bounds.values, characters: this.#left });
    const text = typeof amount === 'string' ? undefined : pyStr(value);
    this.#left -= text?.length ?? Infinity;
    if (text !== undefined && this.#left >= 0) return text;
    throw new ValidationError(
      `The value of '{{ ${shortened(placeholder)} }}' makes the texts of the job configuration too large: they may have ` +
        `${grouped(bounds.characters)} characters, and a value in a text ${bounds.depth} levels. Use a smaller value.`,
    );
  }
}

interface Amount {
  values: number;
  characters: number;
}

/**
 * How much of a value there is; what stands in two places counts twice. Looks no further than to
 * the end of `room`.
 */
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
  `may have ${grouped(bounds.values)} values and ${grouped(bounds.characters)} characters in all. Move large values into ` +
  'the image or into storage.';

function tooLarge(name: string, what: string): ValidationError {
  return new ValidationError(`'${shortened(name)}' makes ${what} too large: it ${mayHave}`);
}

function tooDeep(name: string, what: string): ValidationError {
  return new ValidationError(
    `'${shortened(name)}' of ${what} is nested more than ${bounds.depth} levels deep, which is the most that a job may be. ` +
      'Make it flatter, or store it as text.',
  );
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}
