import { describe, expect, it } from 'vitest';
import { leftOutKey } from '../../kernel/json.ts';
import { JsonRecord, JsonRecordOrEmpty, JsonValue, PageLabels, RunLabels } from './json.ts';

describe('JSON', () => {
  it.each([null, true, 'a', 0, 1.5, [], {}, { a: [1, { b: null }] }])(
    'takes %j as it is',
    (value) => {
      expect(JsonValue.parse(value)).toBe(value);
    },
  );

  it.each([
    undefined,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    1n,
    [undefined],
    { a: { b: () => 1 } },
  ])('refuses values that JSON cannot contain (case %#)', (value) => {
    expect(JsonValue.safeParse(value).success).toBe(false);
  });

  it('accepts the nesting that Prefect accepts, and nothing that overflows a stack', () => {
    const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));

    expect(JsonValue.safeParse(nested(254)).success).toBe(true);
    expect(JsonValue.safeParse(nested(50_000)).success).toBe(false);
    expect(JsonRecord.safeParse({ a: nested(50_000) }).success).toBe(false);
  });

  it('requires a record to be an object', () => {
    expect(JsonRecord.safeParse([]).error?.issues[0]?.message).toBe(
      'Invalid input: expected an object',
    );
    expect(JsonRecordOrEmpty.parse(null)).toEqual({});
  });
});

describe('Labels of a flow run', () => {
  const tooMany = { [leftOutKey]: 4_000_000 };

  it("are refused if they are too large to parse, because they name the run's follower", () => {
    expect([RunLabels, PageLabels].map((labels) => labels.safeParse(tooMany).success)).toEqual([
      false,
      false,
    ]);
    expect(RunLabels.parse({ a: 1 })).toEqual({ a: 1 });
  });

  it('hide no run on a page if they are malformed', () => {
    expect([RunLabels.safeParse(7).success, PageLabels.parse(7)]).toEqual([false, undefined]);
  });
});
