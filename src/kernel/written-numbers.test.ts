import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isJsonObject, numberOf, plainNumbersIn, WrittenNumber, type Json } from './json.ts';
import { jsonTextOf, parseKeeping } from './written-numbers.ts';

/** How Python writes the number that this JSON holds. */
function pythonTextOf(json: string): string {
  const value = parseKeeping(json, 'all');
  return value instanceof WrittenNumber ? value.text : String(value);
}

describe('A JSON number', () => {
  it.each([
    ['0', '0'],
    ['-0', '0'],
    ['7', '7'],
    ['-12', '-12'],
    ['9007199254740991', '9007199254740991'],
    ['9007199254740993', '9007199254740993'],
    ['987654321098765432', '987654321098765432'],
    ['-123456789012345678901234567890', '-123456789012345678901234567890'],
    ['2.0', '2.0'],
    ['2.00', '2.0'],
    ['-2.0', '-2.0'],
    ['0.0', '0.0'],
    ['-0.0', '-0.0'],
    ['1e5', '100000.0'],
    ['1E+5', '100000.0'],
    ['1e16', '1e+16'],
    ['12345678901234567.0', '1.2345678901234568e+16'],
    ['1e22', '1e+22'],
    ['1e300', '1e+300'],
    ['1E400', 'inf'],
    ['-1E400', '-inf'],
    ['1e-400', '0.0'],
    ['NaN', 'nan'],
    ['Infinity', 'inf'],
    ['-Infinity', '-inf'],
    ['9007199254740993.5', '9007199254740994.0'],
  ])('%s keeps its text: %s', (json, text) => {
    expect(pythonTextOf(json)).toBe(text);
  });

  it.each([
    '1.5',
    '0.1',
    '-2.25',
    '1.50',
    '3.141592653589793',
    '1e-3',
    '123456789012345',
    'true',
    '"2.0"',
    'null',
  ])('%s is a plain number', (json) => {
    expect(parseKeeping(`{"value": ${json}}`, 'all')).toEqual({ value: JSON.parse(json) });
  });

  it.each([
    '01',
    '1.',
    '.5',
    '--1',
    '1e',
    '1.0.0',
    '-',
    'N',
    'Inf',
    '+2.0',
    '2.0.',
    '[2.0',
    '{"a": 2.0',
    '"2.0',
  ])('that is invalid is refused: %s', (json) => {
    expect(() => parseKeeping(json, 'all')).toThrow(SyntaxError);
  });
});

describe('Numbers', () => {
  const document = `{"id": 2.0, "job_variables" : {"a\\"b": [2.0, {"c": 1e16}], "data": 3.0, "text": "4.0"}, "n": [5.0],
    "data": 6.0, "value": "job_variables: 7.0"}`;

  it('keep their text in the named members, at any depth', () => {
    expect(parseKeeping(document, ['job_variables', 'data', 'nowhere'])).toEqual({
      id: 2,
      job_variables: {
        'a"b': [new WrittenNumber('2.0', 2), { c: new WrittenNumber('1e+16', 1e16) }],
        data: new WrittenNumber('3.0', 3),
        text: '4.0',
      },
      n: [5],
      data: new WrittenNumber('6.0', 6),
      value: 'job_variables: 7.0',
    });
  });

  it('in other members are plain', () => {
    expect(parseKeeping(document, [])).toEqual(JSON.parse(document));
  });

  it.each(['{"\\"data":2.0}', '{"x":"\\"data\\":2.0"}', '{"x":"\\\\","data":1}', '{"data"'])(
    'are not sought in what only looks like a member: %s',
    (json) => {
      const read = (parse: (text: string) => unknown): unknown => {
        try {
          return parse(json);
        } catch (error) {
          return error instanceof SyntaxError;
        }
      };
      expect(JSON.stringify(read((text) => parseKeeping(text, ['data'])))).toBe(
        JSON.stringify(read(JSON.parse)),
      );
    },
  );

  it('stay in members with names that every object inherits', () => {
    const read = parseKeeping(
      '{"__proto__": 2.0, "constructor": {"__proto__": {"x": 3.0}}}',
      'all',
    ) as object;

    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    expect(jsonTextOf(read)).toBe('{"__proto__":2.0,"constructor":{"__proto__":{"x":3.0}}}');
  });

  it('that are too deep are left to later checks', () => {
    const deep = `${'['.repeat(20_000)}2.0${']'.repeat(20_000)}`;

    expect(() => parseKeeping(deep, 'all')).not.toThrow();
  });

  it('beyond the limit are parsed as plain numbers', () => {
    const read = parseKeeping(`[${'2.0,'.repeat(100_001)}3]`, 'all') as readonly Json[];

    expect(read[99_999]).toEqual(new WrittenNumber('2.0', 2));
    expect(read[100_000]).toBe(2);
  });
});

describe('JSON text', () => {
  it('has numbers as they were written', () => {
    const text = '{"a":2.0,"b":[987654321098765432,1e+16,{"c":-0.0}],"d":"2.0","e":7}';

    expect(jsonTextOf(parseKeeping(text, 'all'))).toBe(text);
    expect(jsonTextOf(parseKeeping('{"a":2.0}', 'all'), 2)).toBe('{\n  "a": 2.0\n}');
  });

  it('has null for values that are not JSON numbers, as in Prefect', () => {
    expect(jsonTextOf(parseKeeping('[1E400, NaN, 2.0]', 'all'))).toBe('[null,null,2.0]');
  });

  it('has the closest number by default', () => {
    expect(JSON.stringify(parseKeeping('[2.0, 9007199254740993]', 'all'))).toBe(
      '[2,9007199254740992]',
    );
  });

  it.each([null, undefined, 'text', 7, [], {}])('of %j is unchanged', (value) => {
    expect(jsonTextOf(value)).toBe(JSON.stringify(value));
  });
});

describe('A written number', () => {
  it('is a number, not an object', () => {
    const two = new WrittenNumber('2.0', 2);

    expect(numberOf(two)).toBe(2);
    expect(numberOf(3)).toBe(3);
    expect(numberOf('4')).toBeUndefined();
    expect(isJsonObject(two)).toBe(false);
  });

  it('becomes a plain number on request; parts without any are shared', () => {
    const plain = { a: [1, { b: 'x' }] };
    const mixed = parseKeeping('{"a": [2.0, {"b": 3.0}], "c": null}', 'all') as Json;

    expect(plainNumbersIn(plain)).toBe(plain);
    expect(plainNumbersIn(mixed)).toEqual({ a: [2, { b: 3 }], c: null });
  });
});

describe('Any document', () => {
  const pythonNumber = fc.oneof(
    fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }).map(String),
    fc.integer().map((value) => `${value}.0`),
    fc.maxSafeInteger().map(String),
    fc
      .double({ noNaN: true, noDefaultInfinity: true })
      .filter((value) => !Number.isInteger(value))
      .map((value) => value.toExponential().replace(/e\+0$/, '')),
  );

  /** By another way: Python's own rule for the two kinds of numbers, from the text alone. */
  const isInteger = (text: string): boolean => /^-?\d+$/.test(text);

  it('keeps any number that Python prints, anywhere', () => {
    fc.assert(
      fc.property(pythonNumber, fc.string(), (number, name) => {
        const text = `{"x": [true, {${JSON.stringify(name)}: ${number}}], "y": ${number}}`;
        const written = jsonTextOf(parseKeeping(text, 'all'));

        const [one, other] = [...written.matchAll(/(-?[\d.]+(?:e[-+]\d+)?)(?=[}\]])/g)].slice(-2);
        expect(other?.[0]).toBe(one?.[0]);
        expect(Number(other?.[0])).toBe(Number(number));
        if (isInteger(number)) expect(other?.[0]).toBe(String(BigInt(number)));
      }),
      { numRuns: 300 },
    );
  });

  it('equals the result of JSON.parse, except for the text of numbers', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(JSON.stringify(parseKeeping(text, 'all'))).toBe(JSON.stringify(JSON.parse(text)));
        expect(JSON.stringify(parseKeeping(`{"data": ${text}}`, ['data']))).toBe(
          JSON.stringify({ data: JSON.parse(text) as unknown }),
        );
      }),
      { numRuns: 500 },
    );
  });
});
