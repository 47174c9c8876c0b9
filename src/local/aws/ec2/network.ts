export interface VpcFixture {
  readonly vpcId: string;
  readonly cidrBlock: string;
  readonly isDefault: boolean;
}

export interface SubnetFixture {
  readonly subnetId: string;
  readonly vpcId: string;
  readonly cidrBlock: string;
  /** The letter after the region: `a`. */
  readonly zone: string;
}

export interface SecurityGroupFixture {
  readonly groupId: string;
  readonly groupName: string;
  readonly vpcId: string;
}

/** The network of every account and region. */
export interface NetworkFixtures {
  readonly vpcs: readonly VpcFixture[];
  readonly subnets: readonly SubnetFixture[];
  readonly securityGroups: readonly SecurityGroupFixture[];
}

const defaultVpc = 'vpc-0a1b2c3d4e5f60718';

/** A default VPC with a subnet in each of three zones, as in a new account. */
export const defaultNetwork: NetworkFixtures = {
  vpcs: [{ vpcId: defaultVpc, cidrBlock: '172.31.0.0/16', isDefault: true }],
  subnets: ['a', 'b', 'c'].map((zone, at) => ({
    subnetId: `subnet-0a1b2c3d4e5f6071${at}`,
    vpcId: defaultVpc,
    cidrBlock: `172.31.${at * 16}.0/20`,
    zone,
  })),
  securityGroups: [{ groupId: 'sg-0a1b2c3d4e5f60718', groupName: 'default', vpcId: defaultVpc }],
};
