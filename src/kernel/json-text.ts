import { parseKeeping, type KeptNumbers } from './written-numbers.ts';

/** The result of parsing. `flaw` has the place of the error, without the text: it may be secret. */
export type JsonText =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'no-json'; readonly flaw: string };

/** Parses a JSON file, with or without a byte order mark. Numbers in `kept` keep their text. */
export function readJson(text: string, kept: KeptNumbers = []): JsonText {
  const plain = text.replace(/^\ufeff/, '');
  try {
    return { kind: 'json', value: parseKeeping(plain, kept) };
  } catch {
    return { kind: 'no-json', flaw: flawIn(plain) };
  }
}

/** Locates the error itself, because V8's message quotes the text and seldom has a position. */
function flawIn(text: string): string {
  if (text.trim() === '') return 'it is empty';
  const at = firstFlaw(text);
  if (at >= text.length) return isOpen(text) ? 'it ends too early' : 'its brackets do not match';
  const before = text.slice(0, at).split('\n');
  return `syntax error in line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
}

function isOpen(text: string): boolean {
  const marks = text.replace(/"(?:[^"\\]|\\.)*"/g, '');
  return marks.split(/[{[]/).length > marks.split(/[}\]]/).length;
}

type Token = '{' | '[' | ',' | ':' | '}' | ']' | 'text' | 'value' | 'start';

const afterValue: readonly Token[] = [',', '}', ']'];
const beforeValue: readonly Token[] = ['{', '[', 'text', 'value'];

/** The tokens that may follow each token. Matching brackets are not checked here. */
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

/** The position of the first unexpected token. */
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
  if (mark !== undefined) return mark as Token; // safe: the pattern matches only these
  return quoted === undefined ? 'value' : 'text';
}
