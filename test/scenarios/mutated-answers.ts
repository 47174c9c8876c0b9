import type { Random } from '../../src/kernel/random.ts';
import { Answer } from '../../src/local/message.ts';

/** An answer of a hostile or broken server, and how it was mutated. */
export interface Mutated {
  readonly answer: Answer;
  readonly how: string;
}

type Mutation = (text: string, random: Random) => { readonly text: string; readonly how: string };

/** Values that may replace any value in a JSON document. */
const strangers: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  '',
  'x',
  '<html></html>',
  '\u0000\u001b[31m',
  'x'.repeat(50_000),
  [],
  [null],
  {},
  { __proto__: null, constructor: 7 },
  nested(2_000),
];

/** Mutates an answer: replaces one value, or all of it. */
export function mutated(answer: Answer, random: Random): Mutated {
  const { status, headers } = answer;
  const fields = Object.fromEntries(headers);
  const roll = random.next();
  if (roll < 0.08)
    return { answer: new Answer(200, page, { 'content-type': 'text/html' }), how: 'a web page' };
  if (roll < 0.12) return { answer: new Answer(204, '', fields), how: 'status 204' };
  if (roll < 0.15) return { answer: new Answer(302, '', fields), how: 'status 302' };
  if (roll < 0.2) return { answer: new Answer(500, answer.body, fields), how: 'status 500' };
  if (roll < 0.24)
    return { answer: new Answer(429, '', { 'retry-after': '86400' }), how: 'wait for a day' };
  const { text, how } = mutatedText(answer.body, random);
  return { answer: new Answer(status, text, fields), how };
}

/** Changes one thing in a text. */
export function mutatedText(text: string, random: Random): ReturnType<Mutation> {
  return pick(mutationsOf(text), random)(text, random);
}

const page = '<!doctype html><html><body>Log in</body></html>';

function mutationsOf(body: string): readonly Mutation[] {
  const whole = [cutOff, empty, another];
  return isJson(body)
    ? [...whole, exchanged, exchanged, exchanged, exchanged, left, left]
    : [...whole, garbled];
}

const cutOff: Mutation = (text, random) => {
  const length = Math.floor(random.next() * text.length);
  return { text: text.slice(0, length), how: `cut off after ${length}` };
};

const empty: Mutation = () => ({ text: '', how: 'empty' });

const another: Mutation = (_, random) => {
  const text = JSON.stringify(pick(strangers, random));
  return { text, how: `replaced by ${short(text)}` };
};

/** Replaces a few characters. Used for bodies that are not JSON. */
const garbled: Mutation = (text, random) => {
  const at = Math.floor(random.next() * text.length);
  return { text: `${text.slice(0, at)}\u0000<${text.slice(at + 3)}`, how: `garbled at ${at}` };
};

/** Replaces one value at any depth. */
const exchanged: Mutation = (text, random) => {
  const document: unknown = JSON.parse(text);
  const places = placesIn(document);
  if (places.length === 0) return another(text, random);
  const { holder, key, path } = pick(places, random);
  const stranger = pick(strangers, random);
  Reflect.set(holder, key, stranger);
  return { text: JSON.stringify(document), how: `${path} = ${short(JSON.stringify(stranger))}` };
};

/** Leaves out one member at any depth. */
const left: Mutation = (text, random) => {
  const document: unknown = JSON.parse(text);
  const places = placesIn(document);
  if (places.length === 0) return another(text, random);
  const { holder, key, path } = pick(places, random);
  if (Array.isArray(holder)) holder.splice(Number(key), 1);
  else Reflect.deleteProperty(holder, key);
  return { text: JSON.stringify(document), how: `${path} left out` };
};

interface Place {
  readonly holder: object;
  readonly key: string;
  readonly path: string;
}

function placesIn(document: unknown, path = ''): readonly Place[] {
  if (typeof document !== 'object' || document === null) return [];
  return Object.entries(document).flatMap(([key, value]) => {
    const inner = `${path}.${key}`;
    return [{ holder: document, key, path: inner }, ...placesIn(value, inner)];
  });
}

function nested(depth: number): unknown {
  let value: unknown = 'deep';
  for (let level = depth; level > 0; level -= 1) value = { in: value };
  return value;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function short(text: string): string {
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}

function pick<T>(list: readonly T[], random: Random): T {
  const one = list[Math.floor(random.next() * list.length)];
  if (one === undefined) throw new Error('there is nothing to pick from');
  return one;
}
