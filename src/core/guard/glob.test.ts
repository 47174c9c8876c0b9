import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesGlob } from './glob.ts';
import { coversResource, imageForms } from './names.ts';

describe('A pattern', () => {
  it.each([
    ['*', ''],
    ['*', 'a/b:c'],
    ['prod-*', 'prod-'],
    ['prod-*', 'prod-a'],
    ['*-prod', 'a-prod-prod'],
    ['a*b*c', 'aXbYbZc'],
    ['?b', 'ab'],
    ['registry.example.com/*', 'registry.example.com/team/app:1'],
    ['*.example.com/x', 'a.b.example.com/x'],
    ['team-*/*', 'team-a/b/c'],
    ['a.b', 'a.b'],
  ])('%s covers %s', (pattern, text) => {
    expect(matchesGlob(pattern, text)).toBe(true);
  });

  it.each([
    ['prod-*', 'prod-a/b'],
    ['nginx*', 'nginx.evil.org/x'],
    ['*.example.com/x', 'evil.org/a.example.com/x'],
    ['registry.example.com/*', 'registry.example.com'],
    ['registry.example.com/*', 'registry.example.com.evil.org/x'],
    ['?', ''],
    ['?', 'ab'],
    ['a*', 'b'],
    ['a*b', 'a'],
    ['a*b', 'abc'],
    ['a.b', 'aXb'],
    ['A', 'a'],
    ['', 'a'],
  ])('%s does not cover %s', (pattern, text) => {
    expect(matchesGlob(pattern, text)).toBe(false);
  });

  it('agrees with its equivalent regular expression', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b'), maxLength: 12 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 });
    fc.assert(
      fc.property(pattern, text, (one, other) => {
        const expression = new RegExp(`^${one.replaceAll('*', '.*').replaceAll('?', '.')}$`);
        expect(matchesGlob(one, other)).toBe(expression.test(other));
      }),
    );
  });
});

describe('A role or a cluster', () => {
  const arn = 'arn:aws:iam::111122223333:role/teams/etl';

  it.each([
    ['arn:aws:iam::111122223333:role/teams/*', arn],
    ['arn:aws:iam::*:role/teams/etl', arn],
    ['arn:aws:ecs:eu-west-1:111122223333:cluster/prod-*', 'prod-a'],
    ['teams/*', arn],
    ['etl', arn],
    ['e*', 'etl'],
  ])('is covered by %s if it is %s', (pattern, resource) => {
    expect(coversResource([pattern], resource)).toBe(true);
  });

  it.each([
    ['arn:aws:iam::444455556666:role/teams/*', arn],
    ['arn:aws:ecs:eu-west-1:111122223333:cluster/prod-*', 'test'],
    ['teams', arn],
    ['etl', 'etl2'],
  ])('is not covered by %s if it is %s', (pattern, resource) => {
    expect(coversResource([pattern], resource)).toBe(false);
  });
});

it.each([
  ['python', 'docker.io/library/python:latest'],
  ['python:3', 'docker.io/library/python:3'],
  ['prefecthq/prefect:3', 'docker.io/prefecthq/prefect:3'],
  ['localhost/x', 'localhost/x:latest'],
  ['registry:5000/x', 'registry:5000/x:latest'],
  [
    '111122223333.dkr.ecr.eu-west-1.amazonaws.com/a/b@sha256:0',
    '111122223333.dkr.ecr.eu-west-1.amazonaws.com/a/b@sha256:0',
  ],
])('The image %s is also %s', (image, full) => {
  expect(imageForms(image)).toContain(full);
  expect(imageForms(image)).toContain(image);
});
