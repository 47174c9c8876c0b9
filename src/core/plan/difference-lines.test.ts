import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../kernel/json.ts';
import { differenceLines } from './difference-lines.ts';
import { maskedForLog } from './masking.ts';

const lines = (generated: JsonObject, retrieved: JsonObject): readonly string[] =>
  differenceLines(generated, retrieved, (document) => maskedForLog(document));
const container = (changes: JsonObject): JsonObject => ({
  containerDefinitions: [{ name: 'prefect', ...changes }],
});

describe('The differences of two definitions', () => {
  it('are shown by key, as in the Python worker, and by path with both values', () => {
    const ours = { ...container({ image: 'i:1' }), cpu: '256', family: 'f', 'a/b': '1' };
    const theirs = {
      ...container({ image: 'i:1' }),
      cpu: '512',
      family: 'f',
      memory: '1024',
      'a/b': '2',
    };

    expect(lines(ours, theirs)).toEqual([
      'The generated task definition and the retrieved task definition are not equal.',
      "Keys only in retrieved task definition: {'memory'}",
      "Value differs for key 'a/b':",
      ' Generated:  1',
      ' Retrieved: 2',
      "Value differs for key 'cpu':",
      ' Generated:  256',
      ' Retrieved: 512',
      "/a~1b differs: generated '1', retrieved '2'.",
      "/cpu differs: generated '256', retrieved '512'.",
      "/memory differs: generated nothing, retrieved '1024'.",
    ]);
  });

  it('include members that only the generated one has', () => {
    expect(lines({ ...container({}), cpu: '256' }, container({}))).toEqual([
      'The generated task definition and the retrieved task definition are not equal.',
      "Keys only in generated task definition: {'cpu'}",
      "/cpu differs: generated '256', retrieved nothing.",
    ]);
  });

  it('show no secret, even if it is the only difference', () => {
    const withToken = (value: string): JsonObject =>
      container({ environment: [{ name: 'API_TOKEN', value }] });

    const told = lines(withToken('abcd-canary-1'), withToken('abcd-canary-2'));

    expect(told.join('\n')).not.toContain('canary');
    expect(told.at(-1)).toBe(
      '/containerDefinitions/0/environment/0/value differs in a secret value.',
    );
  });
});
