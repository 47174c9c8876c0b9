import { AwsError } from './aws-error.ts';
import { isRecord, listIn } from './wire.ts';
import type { XmlValue } from './xml.ts';

interface Vpc {
  readonly vpcId: string;
  readonly cidrBlock: string;
  readonly isDefault: boolean;
}

interface Subnet {
  readonly subnetId: string;
  readonly vpcId: string;
  readonly cidrBlock: string;
  readonly zone: string;
}

const vpcs: readonly Vpc[] = [
  { vpcId: 'vpc-0a1b2c3d4e5f60718', cidrBlock: '172.31.0.0/16', isDefault: true },
];

const subnets: readonly Subnet[] = ['a', 'b', 'c'].map((zone, at) => ({
  subnetId: `subnet-0a1b2c3d4e5f6071${at}`,
  vpcId: 'vpc-0a1b2c3d4e5f60718',
  cidrBlock: `172.31.${at * 16}.0/20`,
  zone,
}));

export interface Ec2Place {
  readonly region: string;
  readonly account: string;
}

/** The account's default VPC. An unknown id is refused as EC2 refuses it. */
export function describeVpcs(
  input: Readonly<Record<string, unknown>>,
  place: Ec2Place,
): Record<string, XmlValue> {
  const ids = listIn(input['VpcId']).map(String);
  const unknown = ids.find((id) => !vpcs.some((vpc) => vpc.vpcId === id));
  if (unknown !== undefined)
    throw new AwsError('InvalidVpcID.NotFound', `The vpc ID '${unknown}' does not exist`);
  const found = vpcs
    .filter((vpc) => ids.length === 0 || ids.includes(vpc.vpcId))
    .filter((vpc) =>
      filtersOf(input).every(({ name, values }) => {
        switch (name) {
          case 'is-default':
          case 'isDefault':
            return values.includes(String(vpc.isDefault));
          case 'vpc-id':
            return values.includes(vpc.vpcId);
          default:
            throw unknownFilter(name);
        }
      }),
    );
  return {
    vpcSet: found.map((vpc) => ({
      vpcId: vpc.vpcId,
      ownerId: place.account,
      state: 'available',
      cidrBlock: vpc.cidrBlock,
      dhcpOptionsId: 'dopt-0a1b2c3d4e5f60718',
      instanceTenancy: 'default',
      isDefault: vpc.isDefault,
      tagSet: [],
    })),
  };
}

export function describeSubnets(
  input: Readonly<Record<string, unknown>>,
  place: Ec2Place,
): Record<string, XmlValue> {
  const ids = listIn(input['SubnetId']).map(String);
  const unknown = ids.find((id) => !subnets.some((subnet) => subnet.subnetId === id));
  if (unknown !== undefined) {
    throw new AwsError('InvalidSubnetID.NotFound', `The subnet ID '${unknown}' does not exist`);
  }
  const found = subnets
    .filter((subnet) => ids.length === 0 || ids.includes(subnet.subnetId))
    .filter((subnet) =>
      filtersOf(input).every(({ name, values }) => {
        switch (name) {
          case 'vpc-id':
            return values.includes(subnet.vpcId);
          case 'subnet-id':
            return values.includes(subnet.subnetId);
          case 'availability-zone':
            return values.includes(place.region + subnet.zone);
          default:
            throw unknownFilter(name);
        }
      }),
    );
  return {
    subnetSet: found.map((subnet) => ({
      subnetId: subnet.subnetId,
      subnetArn: `arn:aws:ec2:${place.region}:${place.account}:subnet/${subnet.subnetId}`,
      state: 'available',
      ownerId: place.account,
      vpcId: subnet.vpcId,
      cidrBlock: subnet.cidrBlock,
      availableIpAddressCount: 4091,
      availabilityZone: place.region + subnet.zone,
      availabilityZoneId: `use1-az${subnet.zone.charCodeAt(0) - 96}`,
      defaultForAz: true,
      mapPublicIpOnLaunch: true,
      tagSet: [],
    })),
  };
}

function filtersOf(
  input: Readonly<Record<string, unknown>>,
): readonly { name: string; values: readonly string[] }[] {
  return listIn(input['Filter']).map((filter) => ({
    name: isRecord(filter) ? String(filter['Name']) : '',
    values: isRecord(filter) ? listIn(filter['Value']).map(String) : [],
  }));
}

function unknownFilter(name: string): AwsError {
  return new AwsError('InvalidParameterValue', `The filter '${name}' is invalid`);
}
