import { describe, expect, it } from 'vitest';
import {
  containerNameIn,
  prefectContainerIsKnownBy,
  prefectContainerName,
} from './prefect-container.ts';

const definition = (...containerDefinitions: readonly { readonly name?: string }[]) => ({
  containerDefinitions,
});

describe('The name of the container that runs the flow', () => {
  it.each([
    ['none', definition(), undefined, undefined],
    ['the first', definition({ name: 'a' }, { name: 'b' }), undefined, 'a'],
    ['prefect', definition({ name: 'a' }, { name: 'prefect' }), 0, 'prefect'],
    ['the one that is spoken of', definition({ name: 'a' }, { name: 'b' }), 1, 'b'],
    ['none yet, where that one has none', definition({ name: 'a' }, {}), 1, undefined],
    ['the first that is not empty', definition({}, { name: 'b' }), undefined, 'b'],
  ])('is %s', (_what, document, spokenAt, name) => {
    expect(containerNameIn(document, spokenAt)).toBe(name);
  });

  it("is 'prefect' by default", () => {
    expect(prefectContainerName(undefined, {})).toBe('prefect');
    expect(prefectContainerName('mine', {})).toBe('mine');
  });

  it.each([
    ['itself', definition(), undefined],
    ['itself', definition({ name: 'a' }, { name: 'b' }), 1],
    ['itself', definition({ name: 'a' }, { name: 'prefect' }), undefined],
    ['order', definition({ name: 'a' }, { name: 'b' }), undefined],
  ])('is identified by %s: %j, %s', (by, document, spokenAt) => {
    expect(prefectContainerIsKnownBy(document, spokenAt)).toBe(by);
  });
});
