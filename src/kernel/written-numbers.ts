import { WrittenNumber } from './json.ts';
import { floatRepr } from './python-float.ts';
import { systemRandom } from './random.ts';

/** Members whose numbers may become text, or all members. */
export type KeptNumbers = readonly string[] | 'all';

/**
 * Kept numbers in one text. A job may have a fifth of these as values (`core/job/bounds.ts`).
 * Further numbers are parsed as usual, so that no list of numbers can block the process.
 */
const keptAtMost = 100_000;

/**
 * The placeholder key of a number during parsing; its value is the number's index. Must not be
 * guessable: otherwise an author could insert a number from another part of the text.
 */
const marker = `number ${systemRandom.uuid()}`;

/** Deeper nesting is refused later (`core/prefect/json.ts`). */
const deepest = 1_000;

/**
 * Parses JSON as `JSON.parse` does, except for numbers in `kept` that Python writes differently
 * than JavaScript: they become `WrittenNumber`s. Accepts Python's `NaN` and `Infinity` there, too.
 * Throws SyntaxError.
 */
export function parseKeeping(text: string, kept: KeptNumbers): unknown {
  const marked = kept === 'all' ? markedIn(text, [0]) : markedIn(text, membersIn(text, kept));
  if (marked.numbers.length === 0) return JSON.parse(text);
  const holder: { document: unknown } = { document: JSON.parse(marked.text) };
  new Restoration(marked.numbers).restore(holder, 0);
  return holder.document;
}

const afterName = /\s*:\s*(?=[^\s"])/y;

/**
 * The positions of these members' values, in order. Quotes within texts are escaped, so a text
 * cannot look like a member.
 */
function membersIn(text: string, names: readonly string[]): readonly number[] {
  const found: number[] = [];
  for (const name of names) {
    const quoted = `"${name}"`;
    for (let at = text.indexOf(quoted); at >= 0; at = text.indexOf(quoted, at + quoted.length)) {
      afterName.lastIndex = at + quoted.length;
      if (afterName.test(text)) found.push(afterName.lastIndex);
    }
  }
  return found.sort((one, other) => one - other);
}

interface Marked {
  readonly text: string;
  readonly numbers: readonly WrittenNumber[];
}

/** Replaces numbers to keep by markers, in the values that begin at `starts`. */
function markedIn(text: string, starts: readonly number[]): Marked {
  const pieces: string[] = [];
  const numbers: WrittenNumber[] = [];
  let copied = 0;
  let end = 0;
  for (const start of starts) {
    if (start < end) continue; // inside the previous value
    end = eachNumberFrom(text, start, (from, to) => {
      const number = numbers.length < keptAtMost ? writtenNumber(text, from, to) : undefined;
      if (number === undefined) return;
      pieces.push(text.slice(copied, from), `{"${marker}":${numbers.length}}`);
      numbers.push(number);
      copied = to;
    });
  }
  pieces.push(text.slice(copied));
  return { text: pieces.join(''), numbers };
}

const [quote, backslash, minus, point] = [0x22, 0x5c, 0x2d, 0x2e];
const [openBrace, closeBrace, openBracket, closeBracket] = [0x7b, 0x7d, 0x5b, 0x5d];
const [zero, nine, upperE, lowerE] = [0x30, 0x39, 0x45, 0x65];
const [upperN, upperI] = [0x4e, 0x49];

const endless = /-?Infinity|NaN/y;
const literal = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/** Visits the numbers of a value and returns its end; any position for invalid JSON. */
function eachNumberFrom(
  text: string,
  start: number,
  visit: (from: number, to: number) => void,
): number {
  let depth = 0;
  for (let at = start; at < text.length;) {
    const code = text.charCodeAt(at);
    if (code === quote) at = afterString(text, at);
    else if (
      code === minus ||
      (code >= zero && code <= nine) ||
      code === upperN ||
      code === upperI
    ) {
      const to = afterNumber(text, at);
      if (isSuspect(text, at, to)) visit(at, to);
      at = Math.max(to, at + 1);
    } else {
      at += 1;
      if (code === openBrace || code === openBracket) depth += 1;
      else if (code === closeBrace || code === closeBracket) depth -= 1;
    }
    if (depth <= 0 && (depth < 0 || !isBlank(code))) return at;
  }
  return text.length;
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** The end of a number. */
function afterNumber(text: string, from: number): number {
  let to = from + 1;
  for (; to < text.length; to += 1) {
    const code = text.charCodeAt(to);
    const isOfNumber =
      (code >= zero && code <= nine) ||
      code === point ||
      code === lowerE ||
      code === upperE ||
      code === minus ||
      code === 0x2b;
    if (!isOfNumber) break;
  }
  const first = text.charCodeAt(from);
  if (to > from + 1 || (first >= zero && first <= nine)) return to;
  endless.lastIndex = from;
  return endless.test(text) ? endless.lastIndex : to;
}

/** Fast path: most numbers are short integers, or have a fraction without a trailing zero. */
function isSuspect(text: string, from: number, to: number): boolean {
  if (to - from > 15) return true;
  let hasPoint = false;
  for (let at = from; at < to; at += 1) {
    const code = text.charCodeAt(at);
    if (code === point) hasPoint = true;
    // An exponent, or not a number.
    else if ((code < zero || code > nine) && code !== minus) return true;
  }
  return hasPoint && text.charCodeAt(to - 1) === zero;
}

/** Undefined if a plain number is equivalent, or for invalid text, which the parser reports. */
function writtenNumber(text: string, from: number, to: number): WrittenNumber | undefined {
  const written = text.slice(from, to);
  endless.lastIndex = 0;
  if (endless.test(written) && endless.lastIndex === written.length) return endlessNumber(written);
  literal.lastIndex = 0;
  if (!literal.test(written) || literal.lastIndex !== written.length) return undefined;
  const value = Number(written);
  if (/^-?\d+$/.test(written)) {
    return written === String(value) || value === 0 ? undefined : new WrittenNumber(written, value);
  }
  return Number.isInteger(value) || !Number.isFinite(value)
    ? new WrittenNumber(floatRepr(value), value)
    : undefined;
}

function endlessNumber(written: string): WrittenNumber {
  const value = Number(written);
  return new WrittenNumber(floatRepr(value), value);
}

function numberAt(value: unknown, numbers: readonly WrittenNumber[]): WrittenNumber | undefined {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, marker))
    return undefined;
  return numbers[Number(value[marker as keyof typeof value])]; // safe: the key exists
}

/** Replaces markers by their numbers, and stops after the last one. */
class Restoration {
  readonly #numbers: readonly WrittenNumber[];
  #left: number;

  constructor(numbers: readonly WrittenNumber[]) {
    this.#numbers = numbers;
    this.#left = numbers.length;
  }

  /** Changes the freshly parsed document in place, because nothing else refers to it yet. */
  restore(within: unknown, depth: number): void {
    if (typeof within !== 'object' || within === null || depth > deepest) return;
    if (Array.isArray(within)) {
      for (let at = 0; at < within.length && this.#left > 0; at += 1) this.#put(within, at, depth);
      return;
    }
    for (const name in within) {
      if (this.#left === 0) return;
      this.#put(within as Record<string, unknown>, name, depth); // safe: an object's own key
    }
  }

  #put<Name extends PropertyKey>(within: Record<Name, unknown>, name: Name, depth: number): void {
    const number = numberAt(within[name], this.#numbers);
    if (number === undefined) return this.restore(within[name], depth + 1);
    within[name] = number;
    this.#left -= 1;
  }
}

/** Index after the closing quote of the string, or the end of a truncated text. */
function afterString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) return at + 1;
    if (code === backslash) at += 1;
  }
  return text.length;
}

const inText = new RegExp(`"${marker}:(-?\\d[-+.e\\d]*)"`, 'g');

/** Like `JSON.stringify`, with numbers as Python writes them. */
export function jsonTextOf(value: unknown, indent?: number): string {
  if (!holdsWritten(value)) return JSON.stringify(value, undefined, indent);
  const text = JSON.stringify(value, writtenAsText, indent);
  return text.replace(inText, (_match, number: string) => number);
}

/** A replacer receives the result of `toJSON`; the original value is in `this`. */
function writtenAsText(this: unknown, name: string, made: unknown): unknown {
  const value = (this as Readonly<Record<string, unknown>>)[name]; // JSON.stringify sets `this`
  return value instanceof WrittenNumber && Number.isFinite(value.value)
    ? `${marker}:${value.text}`
    : made;
}

function holdsWritten(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof WrittenNumber) return true;
  for (const name in value) {
    if (holdsWritten(value[name as keyof typeof value])) return true; // safe: the key exists
  }
  return false;
}
