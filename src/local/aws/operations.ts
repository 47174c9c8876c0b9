import { describeSecurityGroups, describeSubnets, describeVpcs } from './ec2/ec2.ts';
import { capacityOperations } from './capacity/capacity-operations.ts';
import { ecsOperations } from './ecs/ecs-operations.ts';
import { logsOperations } from './logs/logs-operations.ts';
import { eventsOperations } from './events/operations.ts';
import { sqsOperations } from './sqs/operations.ts';
import { stsOperations } from './sts/sts.ts';
import type { Operations } from './operation.ts';

/** All supported operations. */
export const operations: Operations = {
  ...ecsOperations,
  ...capacityOperations,
  ...logsOperations,
  'ec2:DescribeVpcs': (input, account) => describeVpcs(input, account),
  'ec2:DescribeSubnets': (input, account) => describeSubnets(input, account),
  'ec2:DescribeSecurityGroups': (input, account) => describeSecurityGroups(input, account),
  ...sqsOperations,
  ...eventsOperations,
  ...stsOperations,
};
