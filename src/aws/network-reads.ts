import {
  DescribeSubnetsCommand,
  DescribeVpcsCommand,
  EC2Client,
  type EC2ClientConfig,
  type Subnet,
} from '@aws-sdk/client-ec2';
import { AwsCallError } from '../core/diagnosis/aws-error.ts';
import { sharedAbortController } from '../kernel/abort.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Calls } from './calls.ts';
import { KeptAnswers } from './vpc-answers.ts';

interface Subnets {
  readonly subnetId: string;
  readonly availabilityZone: string | undefined;
  readonly vpcId: string | undefined;
}

export type NetworkReads = ReturnType<typeof networkReads>;

/** EC2's side of a network that has to be found out. Many runs that ask at once share an answer (vpc-answers.ts). */
export function networkReads(configuration: EC2ClientConfig, calls: Calls, clock: Clock) {
  const ec2 = new EC2Client(configuration);
  const vpcs = new KeptAnswers<string | undefined>(clock);
  const subnets = new KeptAnswers<readonly Subnets[]>(clock);
  const untilStopped = sharedAbortController().signal; // shared look-ups must not die with the run that asked first
  return {
    findVpc: (vpcId: string | undefined): Promise<string | undefined> =>
      vpcs.get(vpcId ?? 'default', async () => {
        const query =
          vpcId === undefined ? { Filters: [{ Name: 'is-default', Values: ['true'] }] } : { VpcIds: [vpcId] };
        try {
          const answer = await calls.repeated('DescribeVpcs', 'ec2-read', untilStopped, (abortSignal) =>
            ec2.send(new DescribeVpcsCommand(query), { abortSignal }),
          );
          return answer.Vpcs?.[0]?.VpcId;
        } catch (error) {
          if (error instanceof AwsCallError && error.name === 'InvalidVpcID.NotFound') return undefined;
          throw error;
        }
      }),

    readSubnets: (vpcId: string): Promise<readonly Subnets[]> =>
      subnets.get(vpcId, async () => {
        const found: Subnets[] = [];
        let token: string | undefined;
        do {
          const query = {
            Filters: [{ Name: 'vpc-id', Values: [vpcId] }],
            ...(token !== undefined && { NextToken: token }),
          };
          const answer = await calls.repeated('DescribeSubnets', 'ec2-read', untilStopped, (abortSignal) =>
            ec2.send(new DescribeSubnetsCommand(query), { abortSignal }),
          );
          found.push(...(answer.Subnets ?? []).flatMap(subnetOf));
          token = answer.NextToken;
        } while (token !== undefined && token !== '');
        return found;
      }),
  };
}

function subnetOf(subnet: Subnet): readonly Subnets[] {
  if (subnet.SubnetId === undefined) return [];
  return [{ subnetId: subnet.SubnetId, availabilityZone: subnet.AvailabilityZone, vpcId: subnet.VpcId }];
}
