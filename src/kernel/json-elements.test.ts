import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { objectsIn, withoutMember } from './json-elements.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text);
const text = (parts: readonly Uint8Array[]): string => Buffer.concat(parts).toString();
const textsIn = (json: string, member: string): readonly string[] | undefined => {
  const all = bytes(json);
  return objectsIn(all, member)?.map(({ from, to }) => text([all.subarray(from, to)]));
};

const anyObject = fc.dictionary(
  fc.string({ unit: 'grapheme' }),
  fc.jsonValue({ stringUnit: 'grapheme', maxDepth: 4 }),
);
const indent = fc.constantFrom(0, 1, '\t', '\r\n ');

describe('objectsIn', () => {
  it('finds the objects of an array, whatever they contain', () => {
    fc.assert(
      fc.property(
        anyObject,
        fc.array(anyObject),
        anyObject,
        indent,
        (before, tasks, after, space) => {
          const json = JSON.stringify(
            Object.assign(before, { tasks }, after, { tasks }),
            undefined,
            space,
          );

          expect(textsIn(json, 'tasks')?.map((one): unknown => JSON.parse(one))).toEqual(
            JSON.parse(JSON.stringify(tasks)),
          );
        },
      ),
    );
  });

  it('ignores members of inner objects', () => {
    expect(
      textsIn('{"a":{"tasks":[{"x":1}]},"b":["tasks"],"c":"\\"tasks\\":[{}]"}', 'tasks'),
    ).toBeUndefined();
  });

  it.each([
    ['no object', '[]'],
    ['nothing', ''],
    ['an empty object', '{}'],
    ['no array', '{"tasks":{}}'],
    ['something else in the array', '{"tasks":[{},1]}'],
    ['a missing comma', '{"tasks":[{}{}]}'],
    ['a name without a colon', '{"tasks" [{}]}'],
    ['a name without quotes', '{tasks:[{}]}'],
  ])('leaves a text with %s to the parser', (_what, json) => {
    expect(textsIn(json, 'tasks')).toBeUndefined();
  });

  it('leaves a truncated text to the parser', () => {
    const json = '{"failures":[],"n":-1.5e3,"tasks":[{"a":"\\\\\\"}"},{"b":[1,{"c":null}]}]}';
    expect(textsIn(json, 'tasks')).toEqual(['{"a":"\\\\\\"}"}', '{"b":[1,{"c":null}]}']);

    for (let length = 0; length < json.length - 1; length += 1) {
      expect(textsIn(json.slice(0, length), 'tasks')).toBeUndefined();
    }
  });
});

describe('withoutMember', () => {
  it('removes only that member', () => {
    fc.assert(
      fc.property(anyObject, fc.jsonValue(), anyObject, indent, (before, value, after, space) => {
        const json = JSON.stringify({ ...before, gone: value, ...after }, undefined, space);
        const { gone: _gone, ...rest } = JSON.parse(json) as Record<string, unknown>;

        expect(JSON.parse(text(withoutMember(bytes(json), 'gone')))).toEqual(rest);
      }),
    );
  });

  it.each([
    ['the only one', '{"gone":[1]}', '{}'],
    ['the first', '{"gone":{"a":"}"},"b":2}', '{"b":2}'],
    ['the last', '{"a":[1,2],"gone":"x,y"}', '{"a":[1,2]}'],
    ['none', '{"a":{"gone":1}}', '{"a":{"gone":1}}'],
  ])('recognizes a member that is %s', (_what, json, left) => {
    expect(text(withoutMember(bytes(json), 'gone'))).toBe(left);
  });
});
