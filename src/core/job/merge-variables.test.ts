import { assert, dictionary, jsonValue, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../kernel/json.ts';
import { noOrigins } from './origins.ts';
import { originOf } from './origins.test-support.ts';
import { deepMerge, expandDottedKeys, mergeJobVariables } from './merge-variables.ts';

function merged(deployment: JsonObject, flowRun: JsonObject): JsonObject {
  return expandDottedKeys(mergeJobVariables(deployment, flowRun)).values;
}

describe("The flow run's job variables over the deployment's", () => {
  it.each<[string, JsonObject, JsonObject, JsonObject]>([
    [
      'merge `env` name by name',
      { env: { A: '1', B: '1' } },
      { env: { B: '2' } },
      { env: { A: '1', B: '2' } },
    ],
    [
      'replace any other key whole',
      { labels: { a: '1' } },
      { labels: { b: '2' } },
      { labels: { b: '2' } },
    ],
    [
      'replace an `env` that is no object',
      { env: '{{ x }}' },
      { env: { B: '2' } },
      { env: { B: '2' } },
    ],
    [
      'keep `env` when the run has none',
      { env: { A: '1' } },
      { cpu: 1 },
      { env: { A: '1' }, cpu: 1 },
    ],
    ['take null for `env` as not set', { env: { A: '1' } }, { env: null }, { env: { A: '1' } }],
    ['let a null win for another key', { cpu: 1 }, { cpu: null }, { cpu: null }],
  ])('%s', (_title, deployment, flowRun, expected) => {
    expect(merged(deployment, flowRun)).toEqual(expected);
  });

  it('must have an `env` that can be merged', () => {
    expect(() => merged({ env: {} }, { env: '{{ prefect.blocks.json.env }}' })).toThrow(
      "The flow run's job variable `env` must be an object",
    );
  });

  it('keep the origin of each value', () => {
    const { origins } = mergeJobVariables(
      { env: { A: '1', B: { deep: 1 } }, cpu: [1], image: 'd' },
      { env: { B: 2, C: '3' }, cpu: 2, family: 'f' },
    );

    const pointers = [
      '/env',
      '/env/A',
      '/env/B',
      '/env/B/deep',
      '/env/C',
      '/cpu',
      '/image',
      '/family',
    ];
    expect(
      Object.fromEntries(pointers.map((pointer) => [pointer, originOf(origins, pointer)])),
    ).toEqual({
      '/env': 'deployment',
      '/env/A': 'deployment',
      '/env/B': 'flow-run',
      '/env/B/deep': 'flow-run',
      '/env/C': 'flow-run',
      '/cpu': 'flow-run',
      '/image': 'deployment',
      '/family': 'flow-run',
    });
  });
});

describe('Dotted keys', () => {
  it.each<[string, JsonObject, JsonObject]>([
    ['become objects', { 'env.FOO': '1' }, { env: { FOO: '1' } }],
    [
      'lie below plain keys',
      { 'env.FOO': '1', 'env.BAR': '2', env: { FOO: '3' } },
      { env: { FOO: '3', BAR: '2' } },
    ],
    ['lose to a plain value', { a: 5, 'a.b': 1 }, { a: 5 }],
    ['treat brackets as dots', { 'x.y[0]': 3 }, { x: { y: { '0': 3 } } }],
    ['need a dot to be dotted', { 'env[FOO]': '1' }, { 'env[FOO]': '1' }],
    [
      'extend an object set by another',
      { 'a.b': { x: 1 }, 'a.b.c': 2 },
      { a: { b: { x: 1, c: 2 } } },
    ],
    ['may be named as what objects inherit', { 'constructor.x': 1 }, { constructor: { x: 1 } }],
  ])('%s', (_title, given, expected) => {
    expect(expandDottedKeys({ values: given, origins: noOrigins }).values).toEqual(expected);
  });

  it('must not lead through a value that is not an object', () => {
    const run = (): unknown => merged({ 'a.b': 1, 'a.b.c': 2 }, {});

    expect(run).toThrow(
      "The job variable 'a.b.c' conflicts with 'b', which is not an object. Set only one of the two.",
    );
    expect(run).toThrow(expect.objectContaining({ name: 'TypeError' }));
  });

  it('lose to plain keys from any source, and keep their origin', () => {
    const { values, origins } = expandDottedKeys(
      mergeJobVariables({ env: { FOO: 'deployment' } }, { 'env.FOO': 'run', 'env.BAR': 'run' }),
    );

    expect(values).toEqual({ env: { FOO: 'deployment', BAR: 'run' } });
    expect(originOf(origins, '/env/FOO')).toBe('deployment');
    expect(originOf(origins, '/env/BAR')).toBe('flow-run');
  });
});

describe('deepMerge', () => {
  it('keeps keys of either side and prefers the upper side', () => {
    assert(
      property(
        dictionary(string(), jsonValue()),
        dictionary(string(), jsonValue()),
        (under, over) => {
          // fast-check's JSON values are JSON; only its type is wider.
          const merge = (one: JsonObject, other: JsonObject): JsonObject =>
            deepMerge({ values: one, origins: noOrigins }, { values: other, origins: noOrigins })
              .values;
          const result = merge(under as JsonObject, over as JsonObject);

          expect(Object.keys(result).toSorted()).toEqual(
            [...new Set([...Object.keys(under), ...Object.keys(over)])].toSorted(),
          );
          expect(merge(result, over as JsonObject)).toEqual(result);
        },
      ),
    );
  });
});
