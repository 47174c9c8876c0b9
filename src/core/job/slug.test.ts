import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { slugOf } from './slug.ts';

describe('A slug', () => {
  it.each([
    ["Jane's  Worker", 'jane-s-worker'],
    ['Größe_1,000', 'grosse-1000'],
    ['--a__b--', 'a-b'],
    ['&amp; &eacute; &apos;', 'e-apos'],
    ['&#65;&#x42;', 'ab'],
    ['&#65;&#1114112;', '65-1114112'],
    ['北京', 'bei-jing'],
    ['\u0080a\u0085b', 'ab'],
    ['a\u2900b', 'a-b'],
    ['', ''],
  ])('of %j is %j', (text, expected) => {
    expect(slugOf(text)).toBe(expected);
  });

  it('has only lower-case letters, digits and single hyphens between them', () => {
    assert(
      property(string({ unit: 'binary' }), (text) => {
        expect(slugOf(text)).toMatch(/^([a-z0-9]+(-[a-z0-9]+)*)?$/);
      }),
    );
  });
});
