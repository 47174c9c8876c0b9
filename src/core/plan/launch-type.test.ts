import { expect, it } from 'vitest';
import type { JsonObject } from '../../kernel/json.ts';
import { launchKindOf } from './launch-type.ts';

const strategy = (...names: readonly string[]): JsonObject => ({
  capacityProviderStrategy: names.map((capacityProvider) => ({ capacityProvider })),
});

it.each<[JsonObject, 'fargate' | 'other']>([
  [{ launchType: 'FARGATE' }, 'fargate'],
  [{ launchType: 'EC2' }, 'other'],
  [{ launchType: 'EXTERNAL' }, 'other'],
  [strategy('FARGATE', 'FARGATE_SPOT'), 'fargate'],
  [strategy('FARGATE', 'my-instances'), 'other'],
  [{}, 'other'],
])('A launch by %j counts against the limits of %s', (request, kind) => {
  expect(launchKindOf(request)).toBe(kind);
});
