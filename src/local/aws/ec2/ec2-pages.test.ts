import { describe, expect, it } from 'vitest';
import { describeSecurityGroups, describeSubnets, describeVpcs } from './ec2.ts';
import type { NetworkFixtures } from './network.ts';

const count = 12;
const numbers = Array.from({ length: count }, (_, at) => at);
const network: NetworkFixtures = {
  vpcs: numbers.map((at) => ({
    vpcId: `vpc-${at}`,
    cidrBlock: '10.0.0.0/16',
    isDefault: at === 0,
  })),
  subnets: numbers.map((at) => ({
    subnetId: `subnet-${at}`,
    vpcId: 'vpc-0',
    cidrBlock: `10.0.${at}.0/24`,
    zone: 'a',
  })),
  securityGroups: numbers.map((at) => ({
    groupId: `sg-${at}`,
    groupName: `g${at}`,
    vpcId: 'vpc-0',
  })),
};
const place = { region: 'us-east-1', id: '111122223333', network };

describe.each([
  ['DescribeVpcs', 'vpcSet', describeVpcs],
  ['DescribeSubnets', 'subnetSet', describeSubnets],
  ['DescribeSecurityGroups', 'securityGroupInfo', describeSecurityGroups],
] as const)('%s', (_operation, member, describeThem) => {
  it('returns pages whose tokens lead through every item once', () => {
    const sizes: number[] = [];
    const seen: unknown[] = [];
    let page: ReturnType<typeof describeThem> = {};
    do {
      page = describeThem({ MaxResults: '5', NextToken: page['nextToken'] }, place);
      const items = page[member];
      if (!Array.isArray(items)) throw new Error(`no ${member}`);
      sizes.push(items.length);
      seen.push(...items);
    } while (page['nextToken'] !== undefined);

    expect(sizes).toEqual([5, 5, 2]);
    expect(seen).toEqual(describeThem({}, place)[member]);
  });

  it('has pages of 5 to 1000, and accepts only its own tokens', () => {
    for (const most of [5, count, 1000])
      expect(() => describeThem({ MaxResults: String(most) }, place)).not.toThrow();
    expect(describeThem({ MaxResults: String(count) }, place)).not.toHaveProperty('nextToken');
    for (const most of [4, 1001])
      expect(() => describeThem({ MaxResults: String(most) }, place)).toThrow(
        'maxResults is invalid',
      );
    for (const token of ['x', '-5'])
      expect(() => describeThem({ MaxResults: '5', NextToken: token }, place)).toThrow(
        'token is invalid',
      );
  });
});
