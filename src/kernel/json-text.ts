import { parseKeeping, type KeptNumbers } from './written-numbers.ts';

/** A text read as JSON. `flaw`: where it stops to be, without a word of it: it may hold secrets. */
export type JsonText =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'no-json'; readonly flaw: string };

/**
 * Reads JSON of people: editors of Windows put a mark before it. Numbers in `kept` keep their text.
 */
export function readJson(text: string, kept: KeptNumbers = []): JsonText {
  const plain = text.replace(/^\ufeff/, '');
  try {
    return { kind: 'json', value: parseKeeping(plain, kept) };
  } catch {
    return { kind: 'no-json', flaw: flawIn(plain) };
  }
}

/** V8 quotes what it stumbles over, and seldom says where that is. */
function flawIn(text: string): string {
  if (text.trim() === '') return 'it is empty';
  const at = firstFlaw(text);
  if (at >= text.length)
    return isOpen(text) ? 'it breaks off before its end' : 'its brackets do not match';
  const before = text.slice(0, at).split('\n');
  return `it goes wrong in line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
}

function isOpen(text: string): boolean {
  const marks = text.replace(/"(?:[^"\\]|\\.)*"/g, '');
  return marks.split(/[{[]/).length > marks.split(/[}\]]/).length;
}

type Token = '{' | '[' | ',' | ':' | '}' | ']' | 'text' | 'value' | 'start';

const afterValue: readonly Token[] = [',', '}', ']'];
const beforeValue: readonly Token[] = ['{', '[', 'text', 'value'];

/**
 * Which tokens may follow which. Whether brackets match is left to the parser: then the end is what
 * is wrong.
 */
const followers: Readonly<Record<Token, readonly Token[]>> = {
  start: beforeValue,
  '{': ['text', '}'],
  '[': [...beforeValue, ']'],
  ',': beforeValue,
  ':': beforeValue,
  text: [...afterValue, ':'],
  value: afterValue,
  '}': afterValue,
  ']': afterValue,
};

const token =
  /\s*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\.)*")|(true|false|null|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?))/y;
const blanks = /\s*/y;

/** Where no token of JSON stands that may stand there. */
function firstFlaw(text: string): number {
  let last: Token = 'start';
  for (let at = 0; at < text.length; at = token.lastIndex) {
    token.lastIndex = at;
    const found = token.exec(text);
    const next = found === null ? undefined : kindOf(found);
    if (next !== undefined && followers[last].includes(next)) {
      last = next;
      continue;
    }
    blanks.lastIndex = at;
    return at + (blanks.exec(text)?.[0].length ?? 0);
  }
  return text.length;
}

function kindOf([, mark, quoted]: RegExpExecArray): Token {
  if (mark !== undefined) return mark as Token; // one of those that the pattern names
  return quoted === undefined ? 'value' : 'text';
}
