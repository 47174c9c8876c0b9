import { assert, constantFrom, dictionary, jsonValue, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../kernel/json.ts';
import { noOrigins } from './origins.ts';
import { originOf, originsFrom } from './origins.test-support.ts';
import { pyStr } from './py-repr.ts';
import { findPlaceholders, placeholdersInText } from './placeholders.ts';
import { applyValues, lookUp } from './template.ts';

function filled(
  template: Json,
  values: JsonObject = {},
  environment: Record<string, string> = {},
): unknown {
  return applyValues(template, { values, origins: noOrigins, environment })?.value;
}

describe('A placeholder', () => {
  it.each([
    ['{{ x }}', 'x'],
    ['{{x}}', 'x'],
    ['{{\n\tx \u00a0}}', 'x'],
    ['{{\u001cx\u0085}}', 'x'],
    ['{{ a.b[0]-c_1 }}', 'a.b[0]-c_1'],
    ['{{ größe }}', 'größe'],
    ['{{{ x }}}', 'x'],
  ])('is found in %j', (text, name) => {
    expect(placeholdersInText(text).map((placeholder) => placeholder.name)).toEqual([name]);
  });

  it.each([
    ['{{ a b }}'],
    ['{{ x|upper }}'],
    ['{ x }'],
    ['{{ }}'],
    ['{{ e\u0301 }}'],
    ['{{\ufeffx}}'],
  ])('is not found in %j', (text) => {
    expect(placeholdersInText(text)).toEqual([]);
    expect(filled(text, { x: 1 })).toBe(text);
  });

  it("has the kind of its name's prefix", () => {
    const text =
      '{{ x }}{{ $X }}{{ prefect.blocks.a.b }}{{ prefect.variables.v }}{{ prefect.other }}';

    expect(placeholdersInText(text).map((placeholder) => placeholder.kind)).toEqual([
      'standard',
      'environment',
      'block',
      'variable',
      'standard',
    ]);
  });

  it('is listed once, in order of appearance, and never in a key', () => {
    const template = { '{{ key }}': ['{{ b }}', 1, null, true], c: { d: '{{ a }}{{ b }}' } };

    expect(findPlaceholders(template)).toEqual(['b', 'a']);
  });
});

describe('A text that is one placeholder', () => {
  it.each<[Json]>([[5], [true], [null], [''], [{ a: [1] }], [['x']]])(
    'takes the value %j as it is',
    (x) => {
      expect(filled('{{ x }}', { x })).toEqual(x);
    },
  );

  it('is dropped with its key or list item if nothing fills it', () => {
    const template = {
      a: '{{ x }}',
      b: ['{{ nope }}', '{{ x }}', 'q'],
      c: { d: '{{ nope }}' },
      e: '{{ nope }}',
    };

    expect(filled(template, { x: 1 })).toEqual({ a: 1, b: [1, 'q'], c: {} });
    expect(filled('{{ nope }}')).toBeUndefined();
  });

  it('is not scanned again', () => {
    expect(filled('{{ x }}', { x: '{{ y }}', y: 2 })).toBe('{{ y }}');
  });
});

describe('A placeholder within a text', () => {
  it("becomes Python's text for its value, or nothing", () => {
    const values = { t: true, n: null, o: { k: 'v', b: [1] } };

    expect(filled('a-{{ t }}-{{ n }}-{{ o }}-{{ nope }}', values)).toBe(
      "a-True-None-{'k': 'v', 'b': [1]}-",
    );
    expect(filled(' {{ t }}', values)).toBe(' True');
  });

  it('is filled in once, whatever its value looks like', () => {
    expect(filled('{{ x }}+{{ y }}', { x: '{{ y }}$&', y: '$1' })).toBe('{{ y }}$&+$1');
  });

  it('takes `$NAME` from the environment as text, and as nothing if it is not set', () => {
    expect(
      filled({ a: '{{ $FOO }}', b: 'x{{$$FOO}}y', c: '{{ $NOPE }}' }, {}, { FOO: 'bar' }),
    ).toEqual({
      a: 'bar',
      b: 'xbary',
      c: '',
    });
    expect(filled('{{ $constructor }}')).toBe('');
  });

  it('stays for the next passes if it names a block or a Prefect variable', () => {
    const text = '{{ prefect.blocks.secret.s }}-{{ prefect.variables.v }}-{{ x }}';

    expect(filled(text, { x: 1 })).toBe(
      '{{ prefect.blocks.secret.s }}-{{ prefect.variables.v }}-1',
    );
  });
});

describe('lookUp', () => {
  const values = {
    a: { b: [0, { c: 'z' }], '0': 'key' },
    list: ['f', 'l'],
    text: 'añ',
    'x.y': 1,
    n: null,
  };

  it.each<[string, Json]>([
    ['a.b[1].c', 'z'],
    ['a.b.1.c', 'z'],
    ['list.-1', 'l'],
    ['text.1', 'ñ'],
    ['n', null],
  ])('finds %s', (path, value) => {
    expect(lookUp(values, path)?.value).toEqual(value);
  });

  it.each([
    ['x.y'],
    ['a.0'],
    ['list.2'],
    ['list.f'],
    ['n.x'],
    ['constructor'],
    ['a..b'],
    ['text.9'],
  ])('finds nothing at %s', (path) => {
    expect(lookUp(values, path)).toBeUndefined();
  });
});

describe('origins', () => {
  it('follow each value to its place, even past dropped list items', () => {
    const origins = originsFrom({
      '/image': 'deployment',
      '/env': 'variable-default',
      '/env/A': 'flow-run',
    });
    const values = { image: 'i', env: { A: '1', B: ['2'] } };

    const applied = applyValues(
      {
        list: ['{{ nope }}', '{{ image }}', 'own'],
        env: '{{ env }}',
        'a/b~c': 'x-{{ image }}-{{ $HOME }}',
      },
      { values, origins, environment: {} },
    );

    const pointers = ['/list/0', '/list/1', '/env', '/env/A', '/env/B', '/env/B/0', '/a~1b~0c'];
    const { origins: put } = applied ?? { origins: noOrigins };
    expect(
      Object.fromEntries(pointers.map((pointer) => [pointer, originOf(put, pointer)])),
    ).toEqual({
      '/list/0': 'deployment',
      '/list/1': 'pool-template',
      '/env': 'variable-default',
      '/env/A': 'flow-run',
      '/env/B': 'variable-default',
      '/env/B/0': 'variable-default',
      '/a~1b~0c': 'worker-environment',
    });
  });

  it('count values without one as defaults, and keep those of the template', () => {
    const applied = applyValues(
      { env: { OWN: 'x', MIXED: '{{ v }}!' } },
      { values: { v: 1 }, origins: noOrigins, environment: {} },
      originsFrom({ '/env/OWN': 'deployment' }),
    );

    expect(originOf(applied?.origins ?? noOrigins, '/env/OWN')).toBe('deployment');
    expect(originOf(applied?.origins ?? noOrigins, '/env/MIXED')).toBe('variable-default');
  });
});

describe('Filling in', () => {
  const plain = jsonValue({ stringUnit: constantFrom('{', '|', ' ', '}') });

  it('does not change a template without placeholders', () => {
    assert(
      property(plain, dictionary(string(), jsonValue()), (template, values) => {
        // fast-check's JSON values are JSON; only its type is wider.
        expect(filled(template as Json, values as JsonObject)).toEqual(template);
      }),
    );
  });

  it('does not change its inputs', () => {
    assert(
      property(jsonValue(), jsonValue(), (inner, value) => {
        const template = { a: inner, b: '{{ x }}', c: ['{{ x }}', 'y{{ x }}'] } as JsonObject;
        const values = { x: value } as JsonObject;
        const before = JSON.stringify([template, values]);

        filled(template, values);

        expect(JSON.stringify([template, values])).toBe(before);
      }),
    );
  });

  it('keeps the text around a placeholder', () => {
    assert(
      property(jsonValue(), (value) => {
        expect(filled('<{{ x }}>', { x: value as Json })).toBe(`<${pyStr(value as Json)}>`);
      }),
    );
  });
});

it('Placeholders are found in any number of texts, the same in the same text', () => {
  const texts = Array.from({ length: 2_500 }, (_, at) => `a {{ name${at} }}`);

  const names = [...texts, ...texts].map((text) => placeholdersInText(text)[0]?.name);

  expect(names.slice(0, 2_500)).toEqual(names.slice(2_500));
  expect(names[2_499]).toBe('name2499');
});
