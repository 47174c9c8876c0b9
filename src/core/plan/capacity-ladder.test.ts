import { describe, expect, it } from 'vitest';
import { requestOn, rungOf } from './capacity-ladder.ts';

const fargate = { requiresCompatibilities: ['FARGATE'] };
const ladder = { rungs: ['FARGATE_SPOT', 'EC2', 'FARGATE'], failuresPerRung: 2 };
const names = (definition: Parameters<typeof rungOf>[2], rungs = ladder.rungs) =>
  [1, 2, 3, 4, 5, 6, 7, 8, 9]
    .map((attempt) => rungOf(attempt, { ...ladder, rungs }, definition).name ?? '-')
    .join(' ');

describe('The rung of a launch', () => {
  it('is the requested capacity without a ladder, and no other follows', () => {
    expect(rungOf(40, { rungs: [], failuresPerRung: 3 }, fargate)).toEqual({
      name: undefined,
      isLast: true,
    });
  });

  it('depends on the number of failures, and stays at the last one', () => {
    const both = { compatibilities: ['EC2', 'FARGATE', 'EXTERNAL'] };

    expect(names(both)).toBe('- - FARGATE_SPOT FARGATE_SPOT EC2 EC2 FARGATE FARGATE FARGATE');
    expect(rungOf(6, ladder, both).isLast).toBe(false);
    expect(rungOf(7, ladder, both).isLast).toBe(true);
  });

  it('skips capacity that is incompatible with the task definition', () => {
    expect(names(fargate)).toBe(
      '- - FARGATE_SPOT FARGATE_SPOT FARGATE FARGATE FARGATE FARGATE FARGATE',
    );
    expect(names({})).toBe('- - EC2 EC2 EC2 EC2 EC2 EC2 EC2');
    expect(names({ requiresCompatibilities: ['EXTERNAL'] }, ['EC2', 'EXTERNAL'])).toContain(
      '- - EXTERNAL',
    );
    expect(names({ requiresCompatibilities: ['EC2'] }, ['my-provider'])).toContain(
      '- - my-provider',
    );
  });
});

describe('A request on a rung', () => {
  const network = { awsvpcConfiguration: { subnets: ['s'], assignPublicIp: 'ENABLED' } };
  const request = {
    cluster: 'dev',
    launchType: 'FARGATE',
    platformVersion: '1.4.0',
    networkConfiguration: network,
  };

  it('is unchanged on the first one', () => expect(requestOn(undefined, request)).toBe(request));

  it('has a capacity provider instead of a launch type', () => {
    expect(requestOn('FARGATE_SPOT', { ...request, placementConstraints: [{}] })).toEqual({
      cluster: 'dev',
      platformVersion: '1.4.0',
      networkConfiguration: network,
      capacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }],
    });
  });

  it('has nothing that only Fargate supports if it is for instances', () => {
    expect(requestOn('EC2', request)).toEqual({
      cluster: 'dev',
      launchType: 'EC2',
      networkConfiguration: { awsvpcConfiguration: { subnets: ['s'], assignPublicIp: 'DISABLED' } },
    });
    expect(requestOn('EC2', { launchType: 'FARGATE' })).toEqual({ launchType: 'EC2' });
  });
});
