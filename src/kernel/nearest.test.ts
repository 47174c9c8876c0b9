import { describe, expect, it } from 'vitest';
import { nearestName } from './nearest.ts';

describe('The most similar name', () => {
  const variables = [
    'memory',
    'cpu',
    'image',
    'task_role_arn',
    'execution_role_arn',
    'stream_output',
  ];
  const fields = [
    'taskRoleArn',
    'ephemeralStorage',
    'environmentFiles',
    'environment',
    'name',
    'image',
  ];

  it.each([
    ['memory_limit', variables, 'memory'],
    ['mem', variables, 'memory'],
    ['Memory', variables, 'memory'],
    ['memroy', variables, 'memory'],
    ['imgae', variables, 'image'],
    ['task_role', variables, 'task_role_arn'],
    ['stream-output', variables, 'stream_output'],
    ['ephemeral_storage', fields, 'ephemeralStorage'],
    ['taskRoleARN', fields, 'taskRoleArn'],
    ['environmentFile', fields, 'environmentFiles'],
    ['enviroment', fields, 'environment'],
  ])('to %s is the intended one', (written, candidates, meant) => {
    expect(nearestName(written, candidates)).toBe(meant);
  });

  it.each(['', '__', 'color', 'x', 'gpus_per_worker'])(
    'to %j is none where none is near',
    (written) => {
      expect(nearestName(written, variables)).toBeUndefined();
    },
  );

  it('does not exist for a long text, and that takes no time', () => {
    expect(nearestName('m'.repeat(1_000_000), variables)).toBeUndefined();
  });

  it('is the one with the fewest differences, and the first of equals', () => {
    expect(nearestName('cpus', ['gpus', 'cpu', 'cpux'])).toBe('gpus');
    expect(nearestName('cpuz', ['cpux', 'cpuy'])).toBe('cpux');
    expect(nearestName('name', ['', 'game', 'name'])).toBe('name');
  });
});
