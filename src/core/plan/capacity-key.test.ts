import { expect, it } from 'vitest';
import { capacityKeyOf } from './capacity-key.ts';
import type { JsonObject } from '../../kernel/json.ts';

const place = { account: '1', region: 'r', cluster: 'c' };
const request: JsonObject = {
  launchType: 'FARGATE',
  networkConfiguration: { awsvpcConfiguration: { subnets: ['a'] } },
  overrides: {},
};
const definition: JsonObject = {
  cpu: '256',
  memory: '512',
  containerDefinitions: [{ name: 'x', image: 'x:1' }],
};
const key = capacityKeyOf(place, request, definition);

it.each<[string, JsonObject, JsonObject]>([
  [
    'another image',
    request,
    { ...definition, containerDefinitions: [{ name: 'x', image: 'x:2' }] },
  ],
  [
    'another command',
    { ...request, overrides: { containerOverrides: [{ command: ['y'] }] } },
    definition,
  ],
  ['the same size by an override', { ...request, overrides: { cpu: '256' } }, definition],
])('A launch with %s competes for the same capacity', (_what, asked, defined) => {
  expect(capacityKeyOf(place, asked, defined)).toBe(key);
});

it.each<[string, JsonObject, JsonObject]>([
  ['another launch type', { ...request, launchType: 'EC2' }, definition],
  [
    'other subnets',
    { ...request, networkConfiguration: { awsvpcConfiguration: { subnets: ['b'] } } },
    definition,
  ],
  ['more memory', { ...request, overrides: { memory: '1024' } }, definition],
  [
    'a GPU',
    request,
    { ...definition, containerDefinitions: [{ resourceRequirements: [{ type: 'GPU' }] }] },
  ],
  ['another processor', request, { ...definition, runtimePlatform: { cpuArchitecture: 'ARM64' } }],
])('A launch with %s competes for other capacity', (_what, asked, defined) => {
  expect(capacityKeyOf(place, asked, defined)).not.toBe(key);
});

it('A launch in another cluster competes for other capacity', () => {
  expect(capacityKeyOf({ ...place, cluster: 'd' }, request, definition)).not.toBe(key);
});
