import { describe, expect, it } from 'vitest';
import { originsFrom } from '../job/origins.test-support.ts';
import { aJob } from './a-job.test-support.ts';
import {
  overridesLimit,
  overridesSize,
  spillFor,
  withoutVariables,
  withVariables,
} from './overrides-budget.ts';

const long = (letter: string): string => letter.repeat(5_000);

function requestWith(environment: readonly unknown[]) {
  return {
    overrides: {
      containerOverrides: [
        { name: 'sidecar', environment: [{ name: 'B', value: 'of the sidecar' }] },
        { name: 'prefect', environment },
      ],
    },
  } as const;
}

const shared = (names: readonly string[]) =>
  aJob({
    env: Object.fromEntries(names.map((name) => [name, 'x'])),
    origins: originsFrom({ '/env': 'deployment' }),
  });

describe('Variables that exceed the overrides of a run', () => {
  it('move largest first, ties by name, and only as many as necessary', () => {
    const items = [
      { name: 'C', value: long('c') },
      { name: 'B', value: long('b') },
      { name: 'A', value: 'small' },
    ];
    const request = requestWith(items);

    const moved = spillFor(
      JSON.parse(JSON.stringify(request)),
      'prefect',
      shared(['A', 'B', 'C']),
      true,
    );

    expect(moved.map((item) => item.name)).toEqual(['B']);
    const reversed = JSON.parse(JSON.stringify(requestWith(items.toReversed())));
    expect(
      spillFor(reversed, 'prefect', shared(['A', 'B', 'C']), true).map((item) => item.name),
    ).toEqual(['B']);
  });

  it('leave other containers and invalid items alone', () => {
    const request = JSON.parse(
      JSON.stringify(
        requestWith([
          { name: 'B', value: long('b') },
          { value: 'nameless' },
          { name: 'N', value: 5 },
        ]),
      ),
    );
    const moved = [{ name: 'B', value: long('b') }];

    expect(withoutVariables(request, 'prefect', moved)).toEqual(
      requestWith([{ value: 'nameless' }, { name: 'N', value: 5 }]),
    );
    expect(
      withVariables(
        {
          containerDefinitions: [
            { name: 'sidecar' },
            { name: 'prefect', environment: [{ name: 'B', value: 'old' }, { value: 'nameless' }] },
          ],
        },
        'prefect',
        [{ name: 'C', value: 'c' }, ...moved, { name: 'D', value: 'd' }],
      ),
    ).toEqual({
      containerDefinitions: [
        { name: 'sidecar' },
        {
          name: 'prefect',
          environment: [
            { value: 'nameless' },
            ...moved,
            { name: 'C', value: 'c' },
            { name: 'D', value: 'd' },
          ],
        },
      ],
    });
  });

  it('are an error if they must not move, with the largest names and without values', () => {
    const request = JSON.parse(
      JSON.stringify(
        requestWith([
          { name: 'B', value: long('b') },
          { name: 'C', value: long('c') },
          { name: 'N', value: 5 },
        ]),
      ),
    );

    expect(() => spillFor(request, 'prefect', shared(['B', 'C']), false)).toThrow(
      `have ${overridesSize(request)} characters, but ECS accepts at most ${overridesLimit}. The largest environment variables are B (5000), C (5000).`,
    );
    expect(() => spillFor(request, 'prefect', shared(['B', 'C']), false)).not.toThrow(/bbb/);
  });
});
