import { AwsError } from '../wire/aws-error.ts';
import type { NetworkFixtures } from './network.ts';
import { isRecord, listIn } from '../wire/wire.ts';
import type { XmlValue } from '../wire/xml.ts';

/** The account, its region and its network. */
export interface Ec2Place {
  readonly region: string;
  readonly id: string;
  readonly network: NetworkFixtures;
}

/** The account's VPCs. An unknown id is refused as in EC2. */
export function describeVpcs(
  input: Readonly<Record<string, unknown>>,
  place: Ec2Place,
): Record<string, XmlValue> {
  const { vpcs } = place.network;
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
  const { page, nextToken } = pageOf(input, found);
  return {
    ...nextToken,
    vpcSet: page.map((vpc) => ({
      vpcId: vpc.vpcId,
      ownerId: place.id,
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
  const { subnets } = place.network;
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
  const { page, nextToken } = pageOf(input, found);
  return {
    ...nextToken,
    subnetSet: page.map((subnet) => ({
      subnetId: subnet.subnetId,
      subnetArn: `arn:aws:ec2:${place.region}:${place.id}:subnet/${subnet.subnetId}`,
      state: 'available',
      ownerId: place.id,
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

export function describeSecurityGroups(
  input: Readonly<Record<string, unknown>>,
  place: Ec2Place,
): Record<string, XmlValue> {
  const { securityGroups } = place.network;
  const ids = listIn(input['GroupId']).map(String);
  const unknown = ids.find((id) => !securityGroups.some((group) => group.groupId === id));
  if (unknown !== undefined)
    throw new AwsError('InvalidGroup.NotFound', `The security group '${unknown}' does not exist`);
  const found = securityGroups
    .filter((group) => ids.length === 0 || ids.includes(group.groupId))
    .filter((group) =>
      filtersOf(input).every(({ name, values }) => {
        switch (name) {
          case 'vpc-id':
            return values.includes(group.vpcId);
          case 'group-id':
            return values.includes(group.groupId);
          case 'group-name':
            return values.includes(group.groupName);
          default:
            throw unknownFilter(name);
        }
      }),
    );
  const { page, nextToken } = pageOf(input, found);
  return {
    ...nextToken,
    securityGroupInfo: page.map((group) => ({
      groupId: group.groupId,
      groupName: group.groupName,
      groupDescription: `the group ${group.groupName}`,
      vpcId: group.vpcId,
      ownerId: place.id,
      ipPermissions: [],
      ipPermissionsEgress: [],
      tagSet: [],
    })),
  };
}

/**
 * One page. MaxResults is 5 to 1000; without it, everything is returned. The token is the position
 * of the next item.
 */
function pageOf<T>(
  input: Readonly<Record<string, unknown>>,
  items: readonly T[],
): { readonly page: readonly T[]; readonly nextToken: Record<string, XmlValue> } {
  const from = Number(input['NextToken'] ?? 0);
  if (!Number.isInteger(from) || from < 0)
    throw new AwsError('InvalidNextToken', 'The token is invalid.');
  const most = input['MaxResults'] === undefined ? items.length : Number(input['MaxResults']);
  if (input['MaxResults'] !== undefined && !(most >= 5 && most <= 1000)) {
    throw new AwsError(
      'InvalidParameterValue',
      `Value ( ${most} ) for parameter maxResults is invalid. Expecting a value greater than 5.`,
    );
  }
  const to = from + most;
  return {
    page: items.slice(from, to),
    nextToken: to < items.length ? { nextToken: String(to) } : {},
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
