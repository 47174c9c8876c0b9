import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseHeavy } from './heavy-json.ts';
import { leftOutKey } from './json.ts';

const some = <T>(count: number, make: (at: number) => T): readonly T[] =>
  Array.from({ length: count }, (_, at) => make(at));
const membersOf = (count: number): object => Object.fromEntries(some(count, (at) => [`k${at}`, 1]));
const heavyMembers = membersOf(150_000);
const padding = 'x'.repeat(100_000);

async function parsed(
  value: unknown,
): Promise<{ readonly value: unknown; readonly pauses: number }> {
  let pauses = 0;
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const result = await parseHeavy(text, async () => {
    pauses += 1;
    return Promise.resolve();
  });
  return { value: result, pauses };
}

const leftOut = { [leftOutKey]: expect.any(Number) };

describe('An answer with user-controlled parts', () => {
  it('is unchanged if no part is too heavy', async () => {
    const anything = fc.jsonValue({ stringUnit: 'grapheme' });
    await fc.assert(
      fc.asyncProperty(
        anything,
        fc.array(anything),
        fc.constantFrom(0, 1, '\t'),
        async (one, list, space) => {
          for (const value of [
            { one, padding },
            [...list, padding],
            [{ one }, { padding, list }],
          ]) {
            const text = JSON.stringify(value, undefined, space);
            expect((await parsed(text)).value).toEqual(JSON.parse(text));
          }
        },
      ),
      { numRuns: 30 },
    );
  });

  it('keeps a record and loses its heavy parts', async () => {
    const run = {
      id: 'r',
      job_variables: { x: heavyMembers, y: [1, { z: heavyMembers }] },
      name: '"\\',
    };
    const light = { ...run, job_variables: { x: leftOut, y: [1, { z: leftOut }] } };

    expect((await parsed(run)).value).toEqual(light);
    expect((await parsed([run, { id: 's' }])).value).toEqual([light, { id: 's' }]);
    expect((await parsed([{ flow_run: run, work_queue_id: null }])).value).toEqual([
      { flow_run: light, work_queue_id: null },
    ]);
  });

  it('loses heavy parts under any name', async () => {
    expect((await parsed([{ id: 'r', job_variables: { flow_run: heavyMembers } }])).value).toEqual([
      { id: 'r', job_variables: { flow_run: leftOut } },
    ]);
  });

  it('keeps less of each part if many parts are heavy together', async () => {
    const light = membersOf(55_000);
    const run = { id: 'r', job_variables: light, context: light };

    expect((await parsed(run)).value).toEqual(run);
    expect((await parsed({ ...run, parameters: light })).value).toEqual({
      id: 'r',
      job_variables: leftOut,
      context: leftOut,
      parameters: leftOut,
    });
  });

  it('loses parts that are nested deeper than Prefect accepts', async () => {
    const deep = `${'[{"a":'.repeat(200_000)}1${'}]'.repeat(200_000)}`;

    const { value } = await parsed(`{"id":"r","parameters":${deep}}`);

    expect(JSON.stringify(value)).toMatch(
      /^\{"id":"r","parameters":(?:\[\{"a":){149}\{"\$prefect-ecs-worker\.left-out":/,
    );
  });

  it('is parsed record by record, with pauses', async () => {
    const runs = some(10, (at) => ({ id: at, parameters: membersOf(30_000) }));

    const { value, pauses } = await parsed(runs);

    expect(value).toEqual(runs);
    // one while the text is scanned, and one between two records and the next two
    expect(pauses).toBe(5);
  });

  it.each([
    ['a missing comma', `[{"a":"${padding}"} {"b":1}]`],
    ['a missing end', `[{"a":"${padding}"},{"b":1}`],
    ['an open string', `{"a":"${padding}`],
    ['too many ends', `{"a":"${padding}"}]}`],
    ['no JSON', `<html>"${padding}`],
    ['nothing but brackets', '['.repeat(200_000)],
  ])('is refused like in the parser if it has %s', async (_what, text) => {
    await expect(parsed(text)).rejects.toThrow(SyntaxError);
  });
});
