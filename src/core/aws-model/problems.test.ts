import { describe, expect, it } from 'vitest';
import { WrittenNumber, type Json } from '../../kernel/json.ts';
import { problemWords } from './problem-words.ts';
import { problemsIn } from './problems.ts';
import { awsShapes } from './shapes.ts';

const check = { shapes: awsShapes, isWritten: false };

describe('a number where AWS takes a whole one', () => {
  it.each<[string, Json]>([
    ['with a fraction of nothing', new WrittenNumber('30.0', 30)],
    ['with an exponent', new WrittenNumber('1e2', 100)],
    [
      'with more digits than a number holds',
      new WrittenNumber('987654321098765432', 987654321098765400),
    ],
    ['without an end', new WrittenNumber('1e400', Infinity)],
    ['with a fraction', 20.5],
  ])('is refused %s, as botocore does or would send another', (_what, sizeInGiB) => {
    expect(problemsIn({ sizeInGiB }, 'EphemeralStorage', check)).toEqual([
      { kind: 'type', path: 'sizeInGiB', met: 'number', expected: ['integer'] },
    ]);
  });
});

it('Of a structure that no table has nothing is known, and nothing said', () => {
  expect(problemsIn({ a: 1 }, 'FromTheFuture', check)).toEqual([]);
});

it('A key of any length is told of in a line of some hundred characters', () => {
  const words = problemWords(
    problemsIn({ ['k'.repeat(1_000_000)]: 1 }, 'EphemeralStorage', check),
    'it',
  );

  expect(words).toContain(
    `Unknown parameter in input: "${'k'.repeat(200)}...", must be one of: sizeInGiB`,
  );
  expect(words.length).toBeLessThan(1_000);
});
