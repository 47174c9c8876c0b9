import type { Account } from './account.ts';
import { clusterAnswer, CreateClusterInput, DescribeClustersInput } from './clusters.ts';
import { describeSubnets, describeVpcs } from './ec2.ts';
import {
  CreateLogGroupInput,
  CreateLogStreamInput,
  DescribeLogStreamsInput,
  GetLogEventsInput,
  PutLogEventsInput,
} from './log-groups.ts';
import { parseInput } from './parse.ts';
import { RunTaskInput } from './run-task-input.ts';
import { RegisterTaskDefinitionInput } from './task-definitions.ts';
import { DescribeTasksInput, ListTasksInput, StopTaskInput } from './tasks.ts';
import { z } from 'zod';
import type { AwsCall } from './wire.ts';

/** One operation: its input off the wire, the account it is for, and the answer's members. */
export type Operation = (
  input: Readonly<Record<string, unknown>>,
  account: Account,
  call: AwsCall,
) => Readonly<Record<string, unknown>>;

const DefinitionReference = z.looseObject({ taskDefinition: z.string() });
const pendingStatuses = ['PROVISIONING', 'PENDING', 'ACTIVATING'];

/** Everything that the local AWS does, by `service:Operation`. */
export const operations: Readonly<Record<string, Operation>> = {
  'ecs:RegisterTaskDefinition': (input, account) => {
    const parsed = parseInput(RegisterTaskDefinitionInput, input, 'ClientException');
    const definition = account.taskDefinitions.register(parsed);
    return { taskDefinition: account.taskDefinitions.answer(definition), tags: parsed.tags ?? [] };
  },
  'ecs:DescribeTaskDefinition': (input, account) => {
    const { taskDefinition } = parseInput(DefinitionReference, input, 'ClientException');
    return {
      taskDefinition: account.taskDefinitions.answer(account.taskDefinitions.require(taskDefinition)),
      tags: [],
    };
  },
  'ecs:DeregisterTaskDefinition': (input, account) => {
    const { taskDefinition } = parseInput(DefinitionReference, input, 'ClientException');
    return {
      taskDefinition: account.taskDefinitions.answer(account.taskDefinitions.deregister(taskDefinition)),
    };
  },
  'ecs:RunTask': (input, account) => account.tasks.run(parseInput(RunTaskInput, input)),
  'ecs:DescribeTasks': (input, account) => account.tasks.describe(parseInput(DescribeTasksInput, input)),
  'ecs:ListTasks': (input, account) => account.tasks.list(parseInput(ListTasksInput, input)),
  'ecs:StopTask': (input, account) => account.tasks.stop(parseInput(StopTaskInput, input)),
  'ecs:CreateCluster': (input, account) => {
    const { clusterName = 'default' } = parseInput(CreateClusterInput, input);
    return { cluster: clusterAnswer(account.clusters.create(clusterName), 0, 0) };
  },
  'ecs:DescribeClusters': (input, account) => {
    const { clusters: references = ['default'] } = parseInput(DescribeClustersInput, input);
    const found = references.map((reference) => ({ reference, cluster: account.clusters.find(reference) }));
    return {
      clusters: found.flatMap(({ cluster }) =>
        cluster === undefined
          ? []
          : [
              clusterAnswer(
                cluster,
                account.tasks.count(cluster, ['RUNNING']),
                account.tasks.count(cluster, pendingStatuses),
              ),
            ],
      ),
      failures: found.flatMap(({ reference, cluster }) =>
        cluster === undefined
          ? [{ arn: `arn:aws:ecs:${account.region}:${account.id}:cluster/${reference}`, reason: 'MISSING' }]
          : [],
      ),
    };
  },
  'ecs:ListClusters': (_input, account) => ({
    clusterArns: account.clusters.all.map((cluster) => cluster.arn),
  }),

  'logs:CreateLogGroup': (input, account) => {
    account.logs.createGroup(parseInput(CreateLogGroupInput, input).logGroupName);
    return {};
  },
  'logs:CreateLogStream': (input, account) => {
    const { logGroupName, logStreamName } = parseInput(CreateLogStreamInput, input);
    account.logs.createStream(logGroupName, logStreamName);
    return {};
  },
  'logs:PutLogEvents': (input, account) => {
    const { logGroupName, logStreamName, logEvents } = parseInput(PutLogEventsInput, input);
    account.logs.put(logGroupName, logStreamName, logEvents);
    return { nextSequenceToken: '0' };
  },
  'logs:GetLogEvents': (input, account) => account.logs.read(parseInput(GetLogEventsInput, input)),
  'logs:DescribeLogStreams': (input, account) =>
    account.logs.describeStreams(parseInput(DescribeLogStreamsInput, input)),

  'ec2:DescribeVpcs': (input, _account, call) => describeVpcs(input, call),
  'ec2:DescribeSubnets': (input, _account, call) => describeSubnets(input, call),

  'sts:GetCallerIdentity': (_input, account) => ({
    Arn: `arn:aws:iam::${account.id}:root`,
    UserId: account.id,
    Account: account.id,
  }),
};
