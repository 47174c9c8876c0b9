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
import { allPages, told, toldList } from './told.ts';
import { KeptAnswers } from './vpc-answers.ts';

interface Subnets {
  readonly subnetId: string;
  readonly availabilityZone: string | undefined;
  readonly vpcId: string | undefined;
}

export type NetworkReads = ReturnType<typeof networkReads>;

/**
 * EC2's answers about a network that must be looked up. Many runs that ask at once share one answer
 * (vpc-answers.ts).
 */
export function networkReads(configuration: EC2ClientConfig, calls: Calls, clock: Clock) {
  const ec2 = new EC2Client(configuration);
  const vpcs = new KeptAnswers<string | undefined>(clock);
  const subnets = new KeptAnswers<readonly Subnets[]>(clock);
  // Shared look-ups must not end with the signal of the run that asked first.
  const untilStopped = sharedAbortController().signal;
  return {
    /** Clears the answers, so that the next run asks EC2 again. */
    forget: (): void => {
      vpcs.forget();
      subnets.forget();
    },

    findVpc: (vpcId: string | undefined): Promise<string | undefined> =>
      vpcs.get(vpcId ?? 'default', async () => {
        const query =
          vpcId === undefined
            ? { Filters: [{ Name: 'is-default', Values: ['true'] }] }
            : { VpcIds: [vpcId] };
        try {
          return await calls.repeated(
            'DescribeVpcs',
            'ec2-read',
            untilStopped,
            async (abortSignal) => {
              const { Vpcs } = await ec2.send(new DescribeVpcsCommand(query), { abortSignal });
              const [first] = toldList(Vpcs, 'DescribeVpcs', 'list of VPCs');
              return first && told(first.VpcId, 'DescribeVpcs', 'VpcId');
            },
          );
        } catch (error) {
          if (error instanceof AwsCallError && error.name === 'InvalidVpcID.NotFound')
            return undefined;
          throw error;
        }
      }),

    readSubnets: (vpcId: string): Promise<readonly Subnets[]> =>
      subnets.get(vpcId, () =>
        allPages('DescribeSubnets', (token) =>
          calls.repeated('DescribeSubnets', 'ec2-read', untilStopped, async (abortSignal) => {
            const query = {
              Filters: [{ Name: 'vpc-id', Values: [vpcId] }],
              ...(token !== undefined && { NextToken: token }),
            };
            const answer = await ec2.send(new DescribeSubnetsCommand(query), { abortSignal });
            const list = toldList(answer.Subnets, 'DescribeSubnets', 'list of subnets');
            return { items: list.flatMap(subnetOf), next: answer.NextToken };
          }),
        ),
      ),
  };
}

function subnetOf(subnet: Subnet): readonly Subnets[] {
  if (subnet.SubnetId === undefined) return [];
  return [
    { subnetId: subnet.SubnetId, availabilityZone: subnet.AvailabilityZone, vpcId: subnet.VpcId },
  ];
}
