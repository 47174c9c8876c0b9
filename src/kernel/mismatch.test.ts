import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readJson } from './json-text.ts';
import { mismatchWords } from './mismatch.ts';

const Pool = z.object({
  name: z.string(),
  limit: z.number().min(1).max(9),
  tags: z.array(z.string()).max(1),
  title: z.string().min(2),
  kind: z.enum(['ecs', 'process', 'docker']),
  only: z.literal('yes'),
  size: z.int(),
  site: z.url(),
  verify: z.union([z.boolean(), z.string(), z.null()]),
  rule: z.union([z.object({ on: z.string() }), z.object({ off: z.string() })]),
  whole: z.record(z.string(), z.number()),
  fault: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('a') }),
    z.object({ kind: z.literal('b') }),
  ]),
  time: z.string().refine((text) => text.startsWith('2'), 'a time of this millennium'),
  own: z.custom((value) => value === 1, { params: { expected: 'the number one' } }),
});
const good = {
  name: 'n',
  limit: 1,
  tags: [],
  title: 'ab',
  kind: 'ecs',
  only: 'yes',
  size: 1,
  site: 'http://x',
  verify: true,
  rule: { on: 'a' },
  whole: {},
  fault: { kind: 'a' },
  time: '2030',
  own: 1,
};

function wordsOf(document: unknown, schema: z.ZodType = Pool): string {
  const { error } = schema.safeParse(document);
  return error === undefined ? 'fits' : mismatchWords(document, error);
}

describe('The mismatches of a schema, in plain words', () => {
  it.each([
    [{}, 'fits'],
    [{ name: 7 }, 'name: found a number, expected a text'],
    [{ name: null }, 'name: found null, expected a text'],
    [{ name: undefined }, 'name: found nothing, expected a text'],
    [{ limit: '9' }, 'limit: found a text, expected a number'],
    [{ limit: 0 }, 'limit: found a number, expected a number of at least 1'],
    [{ limit: 10 }, 'limit: found a number, expected a number of at most 9'],
    [{ limit: NaN }, 'limit: found a number that is not finite, expected a number'],
    [{ tags: ['a', 'b'] }, 'tags: found a list, expected a list with a length of at most 1'],
    [{ tags: [true] }, 'tags.0: found true or false, expected a text'],
    [{ title: 'a' }, 'title: found a text, expected a text with a length of at least 2'],
    [{ kind: 'x' }, "kind: found a text, expected 'ecs', 'process' or 'docker'"],
    [{ only: 'no' }, "only: found a text, expected 'yes'"],
    [{ size: 1.5 }, 'size: found a number, expected a whole number'],
    [{ site: 'x' }, "site: found a text, expected a text of the form 'url'"],
    [{ verify: 7 }, 'verify: found a number, expected true or false or a text or null'],
    [{ rule: {} }, 'rule: found an object, expected a text in on or a text in off'],
    [{ whole: [] }, 'whole: found a list, expected an object'],
    [{ fault: { kind: 'c' } }, "fault.kind: found a text, expected 'a' or 'b'"],
    [{ time: '1999' }, 'time: found a text, expected a time of this millennium'],
    [{ own: 2 }, 'own: found a number, expected the number one'],
  ])('%j: %s', (changes, words) => {
    expect(wordsOf({ ...good, ...changes })).toBe(words);
  });

  it('include the document itself and unknown keys', () => {
    expect(wordsOf('text')).toBe('the document: found a text, expected an object');
    expect(wordsOf({ a: 1 }, z.strictObject({}))).toBe("the document: unknown key 'a'");
    expect(wordsOf({ in: { a: 1, b: 2 } }, z.object({ in: z.strictObject({}) }))).toBe(
      "in: unknown keys 'a' and 'b'",
    );
  });

  it('show the first few and the number of the others', () => {
    expect(wordsOf({})).toMatch(/^name: .*; limit: .*; tags: .*; title: .*; kind: .*; 9 more$/);
  });

  it('never show values', () => {
    const secret = 'hunter2';
    const everywhere = Object.fromEntries(
      Object.keys(good).map((key) => [key, [secret, { secret }]]),
    );

    expect(wordsOf(everywhere)).not.toContain(secret);
  });
});

describe('JSON written by people', () => {
  it.each([
    ['', 'it is empty'],
    ['{"a": 1', 'it ends too early'],
    ['{"a": 1}}', 'its brackets do not match'],
    ['{"a": 1,\n  "b": hunter2}', 'syntax error in line 2, column 8'],
    ['{"a": "hunter2",}', 'syntax error in line 1, column 17'],
    ["{'hunter2': 1}", 'syntax error in line 1, column 2'],
    ['[1 2]', 'syntax error in line 1, column 4'],
    ['{"a": "hunter2', 'syntax error in line 1, column 7'],
    ['hunter2', 'syntax error in line 1, column 1'],
  ])('%j is invalid, and the error has its position without its text', (text, flaw) => {
    const read = readJson(text);

    expect(read).toEqual({ kind: 'no-json', flaw });
    expect(JSON.stringify(read)).not.toContain('hunter2');
  });

  it('may begin with a byte order mark', () => {
    expect(readJson('\ufeff{"a": 1}')).toEqual({ kind: 'json', value: { a: 1 } });
  });
});
