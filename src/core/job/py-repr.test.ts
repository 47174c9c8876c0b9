import { assert, jsonValue, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../kernel/json.ts';
import { floatRepr } from '../../kernel/python-float.ts';
import { pyRepr, pyStr } from './py-repr.ts';

describe("Python's representation", () => {
  it.each<[Json, string]>([
    [null, 'None'],
    [true, 'True'],
    [false, 'False'],
    [0, '0'],
    [-0, '0'],
    [1.5, '1.5'],
    [0.0001, '0.0001'],
    [0.00001, '1e-05'],
    [-1.5e-7, '-1.5e-07'],
    [5e-324, '5e-324'],
    [1e21, '1e+21'],
    ['a', "'a'"],
    ["it's", '"it\'s"'],
    [`it's "x"`, `'it\\'s "x"'`],
    ['\\\n\r\t\u0000\u007f\u00a0\u2028\ud800', String.raw`'\\\n\r\t\x00\x7f\xa0\u2028\ud800'`],
    ['ñ 😀', "'ñ 😀'"],
    ['\u{e0001}', String.raw`'\U000e0001'`],
    [[1, 'a', [null]], "[1, 'a', [None]]"],
    [{ "k'": { a: [] }, b: {} }, `{"k'": {'a': []}, 'b': {}}`],
  ])('of %j is %s', (value, expected) => {
    expect(pyRepr(value)).toBe(expected);
  });

  it('of a plain text is the text itself', () => {
    expect(pyStr("it's")).toBe("it's");
    expect(pyStr(["it's"])).toBe('["it\'s"]');
  });

  it('is one line of printable characters', () => {
    assert(
      property(jsonValue({ stringUnit: 'binary' }), (value) => {
        // fast-check's JSON values are JSON; only its type is wider.
        expect(pyRepr(value as Json)).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]/u);
      }),
    );
  });

  it.each([
    [15, '15.0'],
    [2.5, '2.5'],
    [0, '0.0'],
    [1e16, '1e+16'],
    [123456789012345680, '1.2345678901234568e+17'],
    [1e100, '1e+100'],
    [1e-7, '1e-07'],
  ])('of the float %d is %s', (value, expected) => {
    expect(floatRepr(value)).toBe(expected);
  });
});
