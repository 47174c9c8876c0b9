import { Answer } from '../message.ts';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  GetLogEventsCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { DescribeSubnetsCommand, DescribeVpcsCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  DescribeTasksCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
  type RunTaskCommandInput,
} from '@aws-sdk/client-ecs';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../kernel/manual-clock.ts';
import { seededRandom } from '../../kernel/random.ts';
import { serveOnLoopback, type LoopbackServer } from '../serve.ts';
import type { ContainerExit, StartOutcome, TaskExecutor, TaskPlan } from './ecs/executor.ts';
import { LocalAws } from './local-aws.ts';

const never = new AbortController().signal;

/** Containers that end when the test says so. */
class HandExecutor implements TaskExecutor {
  readonly started: TaskPlan[] = [];
  readonly #exits = new Map<string, (exit: ContainerExit) => void>();

  start(plan: TaskPlan): Promise<StartOutcome> {
    this.started.push(plan);
    const containers = plan.containers.map(({ name }) => ({
      name,
      exited: new Promise<ContainerExit>((resolve) => this.#exits.set(name, resolve)),
      stop: () => this.exit(name, 143),
      kill: () => this.exit(name, 137),
    }));
    return Promise.resolve({ kind: 'started', containers, cleanUp: () => Promise.resolve() });
  }

  exit(name: string, exitCode: number): void {
    this.#exits.get(name)?.({ exitCode });
  }

  [Symbol.asyncDispose](): Promise<void> {
    for (const name of this.#exits.keys()) this.exit(name, 137);
    return Promise.resolve();
  }
}

describe('The local AWS, called by the AWS SDK,', () => {
  let clock: ManualClock;
  let executor: HandExecutor;
  let aws: LocalAws;
  let server: LoopbackServer;
  let ecs: ECSClient;
  let options: {
    endpoint: string;
    region: string;
    maxAttempts: number;
    credentials: { accessKeyId: string; secretAccessKey: string };
  };

  beforeEach(async () => {
    clock = new ManualClock();
    executor = new HandExecutor();
    aws = new LocalAws({ clock, random: seededRandom(1), executor });
    server = await serveOnLoopback((request) => aws.handle(request), {}, never);
    const credentials = { accessKeyId: '111122223333', secretAccessKey: 's' };
    options = { endpoint: server.url, region: 'eu-west-1', maxAttempts: 1, credentials };
    ecs = new ECSClient(options);
    await ecs.send(
      new RegisterTaskDefinitionCommand({
        family: 'job',
        cpu: '256',
        memory: '512',
        networkMode: 'awsvpc',
        requiresCompatibilities: ['FARGATE'],
        containerDefinitions: [{ name: 'main', image: 'example/job:1', command: ['run'] }],
      }),
    );
  });
  afterEach(async () => {
    await server.close();
    await aws[Symbol.asyncDispose]();
  });

  const request: RunTaskCommandInput = {
    taskDefinition: 'job',
    launchType: 'FARGATE',
    networkConfiguration: {
      awsvpcConfiguration: { subnets: ['subnet-1'], assignPublicIp: 'ENABLED' },
    },
    clientToken: 'token',
    startedBy: 'prefect/run/launch',
  };

  async function describeTask(taskArn: string) {
    const { tasks } = await ecs.send(
      new DescribeTasksCommand({ tasks: [taskArn], include: ['TAGS'] }),
    );
    const [task] = tasks ?? [];
    if (task === undefined) throw new Error('the task is missing');
    return task;
  }

  async function runTask(changes: Partial<RunTaskCommandInput> = {}): Promise<string> {
    const { tasks } = await ecs.send(new RunTaskCommand({ ...request, ...changes }));
    return tasks?.[0]?.taskArn ?? '';
  }

  it('takes a task through its statuses on the clock and counts its versions', async () => {
    const taskArn = await runTask();
    const walk = [(await describeTask(taskArn)).lastStatus];

    for (const ms of [200, 200, 100]) {
      await clock.elapse(ms);
      walk.push((await describeTask(taskArn)).lastStatus);
    }
    executor.exit('main', 3);
    await clock.elapse(1_000);
    const stopped = await describeTask(taskArn);

    expect(walk).toEqual(['PROVISIONING', 'PENDING', 'ACTIVATING', 'RUNNING']);
    expect(stopped).toMatchObject({
      lastStatus: 'STOPPED',
      desiredStatus: 'STOPPED',
      stopCode: 'EssentialContainerExited',
      stoppedReason: 'Essential container in task exited',
      startedBy: 'prefect/run/launch',
    });
    expect(stopped.containers?.[0]?.exitCode).toBe(3);
    expect(stopped.version).toBeGreaterThan(6);
    expect(stopped.startedAt).toBeInstanceOf(Date);
  });

  it('answers a repeated token with the first task, or with a conflict', async () => {
    const taskArn = await runTask();

    expect(await runTask()).toBe(taskArn);
    await expect(runTask({ startedBy: 'somebody/else' })).rejects.toMatchObject({
      name: 'ConflictException',
      resourceIds: [taskArn],
    });
    expect(executor.started).toHaveLength(0);
    await clock.elapse(500);
    expect(executor.started).toHaveLength(1);
  });

  it('forgets a token an hour after its task has stopped', async () => {
    const first = await runTask();
    await clock.elapse(500);
    executor.exit('main', 0);
    await clock.elapse(1_000);

    await clock.elapse(59 * 60_000);
    expect(await runTask()).toBe(first);
    await clock.elapse(2 * 60_000);

    expect(await runTask()).not.toBe(first);
  });

  it('forgets a stopped task after an hour', async () => {
    const taskArn = await runTask();
    await clock.elapse(500);
    executor.exit('main', 0);
    await clock.elapse(1_000 + 3_600_001);

    const { tasks, failures } = await ecs.send(new DescribeTasksCommand({ tasks: [taskArn] }));

    expect(tasks).toEqual([]);
    expect(failures).toEqual([{ arn: taskArn, reason: 'MISSING' }]);
  });

  it('stops a task with SIGTERM, reports who stopped it, and drops its tags', async () => {
    const taskArn = await runTask({ tags: [{ key: 'team', value: 'data' }] });
    await clock.elapse(500);
    expect((await describeTask(taskArn)).tags).toEqual([{ key: 'team', value: 'data' }]);

    await ecs.send(new StopTaskCommand({ task: taskArn, reason: 'enough' }));
    await clock.elapse(1_000);

    expect(await describeTask(taskArn)).toMatchObject({
      stopCode: 'UserInitiated',
      stoppedReason: 'enough',
      tags: [],
    });
  });

  it.each([
    [
      'an override of a container that does not exist',
      { overrides: { containerOverrides: [{ name: 'other' }] } },
      'InvalidParameterException',
    ],
    ['no network for awsvpc', { networkConfiguration: undefined }, 'InvalidParameterException'],
    [
      'overrides that are too long',
      { overrides: { containerOverrides: [{ name: 'main', command: ['x'.repeat(8192)] }] } },
      'InvalidParameterException',
    ],
    [
      'seventeen subnets',
      {
        networkConfiguration: {
          awsvpcConfiguration: { subnets: Array.from({ length: 17 }, (_, at) => `subnet-${at}`) },
        },
      },
      'InvalidParameterException',
    ],
    ['an unknown cluster', { cluster: 'nope' }, 'ClusterNotFoundException'],
    ['an unknown definition', { taskDefinition: 'nope' }, 'ClientException'],
    ['an empty tag key', { tags: [{ key: '', value: 'x' }] }, 'ClientException'],
    ['a blank in startedBy', { startedBy: 'a b' }, 'InvalidParameterException'],
  ])('refuses %s', async (_what, changes, code) => {
    await expect(runTask(changes)).rejects.toMatchObject({ name: code });
  });

  it('supports the protocols of EC2, STS and CloudWatch Logs', async () => {
    const ec2 = new EC2Client(options);
    const logs = new CloudWatchLogsClient(options);
    const place = { logGroupName: 'g', logStreamName: 's' };

    const vpcs = await ec2.send(
      new DescribeVpcsCommand({ Filters: [{ Name: 'is-default', Values: ['true'] }] }),
    );
    const subnets = await ec2.send(
      new DescribeSubnetsCommand({
        Filters: [{ Name: 'vpc-id', Values: [vpcs.Vpcs?.[0]?.VpcId ?? ''] }],
      }),
    );
    const identity = await new STSClient(options).send(new GetCallerIdentityCommand({}));
    await logs.send(new CreateLogGroupCommand({ logGroupName: 'g' }));
    await logs.send(new CreateLogStreamCommand(place));
    await logs.send(
      new PutLogEventsCommand({
        ...place,
        logEvents: [
          { timestamp: 1, message: 'one' },
          { timestamp: 2, message: 'two' },
        ],
      }),
    );
    const page = await logs.send(
      new GetLogEventsCommand({ ...place, startFromHead: true, limit: 1 }),
    );
    const next = await logs.send(
      new GetLogEventsCommand({ ...place, startFromHead: true, nextToken: page.nextForwardToken }),
    );

    expect(new Set(subnets.Subnets?.map((subnet) => subnet.AvailabilityZone)).size).toBe(3);
    expect(identity.Account).toBe('111122223333');
    expect([page, next].map(({ events }) => events?.map((event) => event.message))).toEqual([
      ['one'],
      ['two'],
    ]);
    await expect(ec2.send(new DescribeVpcsCommand({ VpcIds: ['vpc-x'] }))).rejects.toMatchObject({
      name: 'InvalidVpcID.NotFound',
    });
    expect(aws.callCounts()['ecs:RegisterTaskDefinition']).toBe(1);
  });

  it('keeps accounts and regions apart', async () => {
    const elsewhere = new ECSClient({ ...options, region: 'us-west-2' });

    await expect(elsewhere.send(new RunTaskCommand(request))).rejects.toMatchObject({
      message: 'TaskDefinition not found.',
    });
  });
});

describe('The loopback server', () => {
  it('binds no other address', async () => {
    await expect(
      serveOnLoopback(() => Promise.resolve(new Answer(200)), { host: '0.0.0.0' }, never),
    ).rejects.toThrow('0.0.0.0');
  });

  it.each([
    [{ host: 'evil.example' }, 403],
    [{ origin: 'https://evil.example' }, 403],
    [{}, 200],
  ])('answers %j with %d', async (headers, status) => {
    const server = await serveOnLoopback(() => Promise.resolve(new Answer(200, 'ok')), {}, never);
    const { request } = await import('node:http');

    const answered = await new Promise<number | undefined>((resolve, reject) => {
      request(server.url, { headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    await server.close();

    expect(answered).toBe(status);
  });
});
