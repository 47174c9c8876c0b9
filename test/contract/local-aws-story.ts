import { ManualClock } from '../../src/kernel/manual-clock.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { Disconnect } from '../../src/local/disconnect.ts';
import { LocalAws, ScriptExecutor } from '../../src/local/index.ts';

const prefixes: Readonly<Record<string, string>> = {
  ecs: 'AmazonEC2ContainerServiceV20141113',
  logs: 'Logs_20140328',
  sqs: 'AmazonSQS',
  events: 'AWSEvents',
};

export interface Step {
  readonly service: string;
  readonly operation: string;
  readonly input: object;
  /** Virtual time that passes before the step. */
  readonly afterMs?: number;
}

const options = {
  'awslogs-group': '/jobs',
  'awslogs-region': 'us-east-1',
  'awslogs-stream-prefix': 'p',
};
const network = {
  awsvpcConfiguration: { subnets: ['subnet-0a1b2c3d4e5f60710'], assignPublicIp: 'ENABLED' },
};
const run = {
  cluster: 'dev',
  taskDefinition: 'job',
  launchType: 'FARGATE',
  networkConfiguration: network,
};
const step = (service: string, operation: string, input: object = {}, afterMs = 0): Step => ({
  service,
  operation,
  input,
  afterMs,
});
const pattern = { source: ['aws.ecs'], detail: { lastStatus: ['RUNNING', 'STOPPED'] } };
const url = (account: string): string => `http://127.0.0.1/${account}/events`;

/** Calls every operation of the JSON services at least once, with success and with errors. */
export function storyOf(account: string): readonly Step[] {
  return [
    step('ecs', 'CreateCluster', { clusterName: 'dev', capacityProviders: ['FARGATE'] }),
    step('ecs', 'ListClusters'),
    step('ecs', 'DescribeClusters', { clusters: ['dev', 'nope'], include: ['TAGS'] }),
    step('ecs', 'PutClusterCapacityProviders', {
      cluster: 'dev',
      capacityProviders: ['FARGATE', 'FARGATE_SPOT'],
      defaultCapacityProviderStrategy: [{ capacityProvider: 'FARGATE_SPOT', weight: 1 }],
    }),
    step('ecs', 'DescribeCapacityProviders'),
    step('logs', 'CreateLogGroup', { logGroupName: '/jobs' }),
    step('logs', 'DescribeLogGroups'),
    step('sqs', 'CreateQueue', { QueueName: 'events', Attributes: { VisibilityTimeout: '300' } }),
    step('sqs', 'GetQueueUrl', { QueueName: 'events' }),
    step('sqs', 'GetQueueUrl', { QueueName: 'nope' }),
    step('sqs', 'ListQueues'),
    step('events', 'PutRule', { Name: 'tasks', EventPattern: JSON.stringify(pattern) }),
    step('events', 'PutTargets', {
      Rule: 'tasks',
      Targets: [{ Id: 'q', Arn: `arn:aws:sqs:us-east-1:${account}:events` }],
    }),
    step('events', 'DescribeRule', { Name: 'tasks' }),
    step('events', 'ListRules'),
    step('events', 'ListTargetsByRule', { Rule: 'tasks' }),
    step('events', 'PutEvents', { Entries: [{ Source: 'mine', DetailType: 'x', Detail: '{}' }] }),
    step('ecs', 'RegisterTaskDefinition', {
      family: 'job',
      cpu: '1 vCPU',
      memory: '3 GB',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      executionRoleArn: `arn:aws:iam::${account}:role/exec`,
      tags: [{ key: 'team', value: 'data' }],
      containerDefinitions: [
        {
          name: 'main',
          image: 'registry.example/job:1',
          environment: [
            { name: 'B', value: '2' },
            { name: 'A', value: '1' },
          ],
          secrets: [{ name: 'S', valueFrom: 'arn:aws:secretsmanager:us-east-1:1:secret:s' }],
          portMappings: [{ containerPort: 80 }],
          healthCheck: { command: ['CMD', 'true'] },
          logConfiguration: { logDriver: 'awslogs', options },
        },
      ],
    }),
    step('ecs', 'RegisterTaskDefinition', { family: 'a.b', containerDefinitions: [] }),
    step('ecs', 'DescribeTaskDefinition', { taskDefinition: 'job', include: ['TAGS'] }),
    step('ecs', 'ListTaskDefinitions'),
    step('ecs', 'ListTaskDefinitionFamilies'),
    step('ecs', 'RunTask', {
      ...run,
      count: 3,
      clientToken: 't',
      startedBy: 'me',
      tags: [{ key: 'a', value: 'b' }],
    }),
    step('ecs', 'RunTask', { ...run, count: 2, clientToken: 't' }),
    step('ecs', 'RunTask', { ...run, launchType: undefined }),
    step('ecs', 'RunTask', { ...run, taskDefinition: 'nope' }),
    step('ecs', 'ListTasks', { cluster: 'dev', maxResults: 2 }),
    step('ecs', 'ListTasks', { cluster: 'dev', family: 'job' }, 3_000),
    step('ecs', 'DescribeTasks', { cluster: 'dev', tasks: ['0'.repeat(32)] }),
    step('ecs', 'StopTask', { cluster: 'dev', task: '0'.repeat(32) }),
    step('ecs', 'TagResource', {
      resourceArn: `arn:aws:ecs:us-east-1:${account}:cluster/dev`,
      tags: [{ key: 'x', value: 'y' }],
    }),
    step('ecs', 'ListTagsForResource', {
      resourceArn: `arn:aws:ecs:us-east-1:${account}:cluster/dev`,
    }),
    step('ecs', 'UntagResource', {
      resourceArn: `arn:aws:ecs:us-east-1:${account}:cluster/dev`,
      tagKeys: ['x'],
    }),
    step('sqs', 'ReceiveMessage', {
      QueueUrl: url(account),
      MaxNumberOfMessages: 10,
      AttributeNames: ['All'],
    }),
    step('logs', 'DescribeLogStreams', { logGroupName: '/jobs' }),
    step('logs', 'FilterLogEvents', { logGroupName: '/jobs' }),
    step('logs', 'CreateLogStream', { logGroupName: '/jobs', logStreamName: 's' }),
    step('logs', 'PutLogEvents', {
      logGroupName: '/jobs',
      logStreamName: 's',
      logEvents: [{ timestamp: 1, message: 'one' }],
    }),
    step('logs', 'GetLogEvents', {
      logGroupName: '/jobs',
      logStreamName: 's',
      startFromHead: true,
    }),
    step('logs', 'GetLogEvents', { logGroupName: '/jobs', logStreamName: 'nope' }),
    step('sqs', 'SendMessage', { QueueUrl: url(account), MessageBody: 'x' }),
    step('sqs', 'SendMessageBatch', {
      QueueUrl: url(account),
      Entries: [{ Id: 'a', MessageBody: 'y' }],
    }),
    step('sqs', 'GetQueueAttributes', { QueueUrl: url(account), AttributeNames: ['All'] }),
    step('ecs', 'DeregisterTaskDefinition', { taskDefinition: 'job:1' }),
    step('ecs', 'DeleteTaskDefinitions', { taskDefinitions: ['job:1'] }),
    step('ecs', 'ListContainerInstances', { cluster: 'dev' }),
    step('ecs', 'DeleteCluster', { cluster: 'dev' }),
    step('ecs', 'ListTasks', { cluster: 'dev', desiredStatus: 'STOPPED' }, 60_000),
    step('sqs', 'ReceiveMessage', { QueueUrl: url(account), MaxNumberOfMessages: 10 }),
    step('events', 'RemoveTargets', { Rule: 'tasks', Ids: ['q'] }),
    step('events', 'DeleteRule', { Name: 'tasks' }),
    step('sqs', 'PurgeQueue', { QueueUrl: url(account) }),
    step('sqs', 'DeleteQueue', { QueueUrl: url(account) }),
  ];
}

/** A local AWS whose tasks run for a minute, write one line and exit with 3. */
export function storyWorld(seed: number) {
  const clock = new ManualClock();
  const story = { runsMs: 60_000, exitCode: 3, lines: [{ afterMs: 10, text: 'hello' }] };
  const executor = new ScriptExecutor({ clock, story: () => story });
  const aws = new LocalAws({ clock, random: seededRandom(seed), executor, keepCalls: 10_000 });
  const perform = async (account: string, { service, operation, input, afterMs = 0 }: Step) => {
    await clock.elapse(afterMs);
    const request = new Request('http://127.0.0.1/', {
      method: 'POST',
      headers: {
        'content-type': `application/x-amz-json-${service === 'sqs' ? '1.0' : '1.1'}`,
        'x-amz-target': `${prefixes[service] ?? ''}.${operation}`,
        authorization: `AWS4-HMAC-SHA256 Credential=${account}/20300101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
      },
      body: JSON.stringify(input),
    });
    try {
      const response = await aws.handle(request);
      const body: unknown = JSON.parse(await response.text());
      return { status: response.status, body };
    } catch (error) {
      if (error instanceof Disconnect) return undefined;
      throw error;
    }
  };
  return { aws, clock, perform, [Symbol.asyncDispose]: () => aws[Symbol.asyncDispose]() };
}
