import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { DescribeSubnetsCommand, EC2Client } from '@aws-sdk/client-ec2';
import {
  ConflictException,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  type RunTaskCommandInput,
} from '@aws-sdk/client-ecs';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/kernel/manual-clock.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { LocalAws, ScriptExecutor } from '../../src/local/index.ts';
import { inProcessRequestHandler } from '../../src/local/in-process.ts';

/** Calls the local AWS's handler directly: no socket, and a manual clock. */
describe('The AWS SDK on the local AWS in process', () => {
  let clock: ManualClock;
  let aws: LocalAws;
  const optionsFor = (credentials: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  }) => ({
    region: 'us-east-1',
    endpoint: 'http://127.0.0.1',
    maxAttempts: 1,
    credentials,
    requestHandler: inProcessRequestHandler((request) => aws.handle(request)),
  });
  const root = { accessKeyId: '111122223333', secretAccessKey: 's' };
  const request: RunTaskCommandInput = {
    taskDefinition: 'job',
    launchType: 'FARGATE',
    clientToken: 't',
    networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } },
  };

  beforeEach(() => {
    clock = new ManualClock();
    const executor = new ScriptExecutor({ clock, story: () => ({ runsMs: 60_000, exitCode: 3 }) });
    aws = new LocalAws({ clock, random: seededRandom(1), executor });
  });
  afterEach(() => aws[Symbol.asyncDispose]());

  async function register(ecs: ECSClient): Promise<void> {
    await ecs.send(
      new RegisterTaskDefinitionCommand({
        family: 'job',
        cpu: '256',
        memory: '512',
        networkMode: 'awsvpc',
        requiresCompatibilities: ['FARGATE'],
        containerDefinitions: [{ name: 'main', image: 'example/job:1' }],
      }),
    );
  }

  it('runs a task to its end', async () => {
    const ecs = new ECSClient(optionsFor(root));
    await register(ecs);
    const { tasks: started } = await ecs.send(new RunTaskCommand(request));
    await clock.elapse(62_000);

    const { tasks } = await ecs.send(
      new DescribeTasksCommand({ tasks: [started?.[0]?.taskArn ?? ''] }),
    );

    expect(tasks?.[0]).toMatchObject({
      lastStatus: 'STOPPED',
      stopCode: 'EssentialContainerExited',
    });
    expect(tasks?.[0]?.containers?.[0]?.exitCode).toBe(3);
    expect(tasks?.[0]?.startedAt).toEqual(new Date('2030-01-01T00:00:00.500Z'));
  });

  it('gets a conflict as its class, a lost answer as a timeout, a throttle by name', async () => {
    const ecs = new ECSClient(optionsFor(root));
    await register(ecs);
    using _lost = aws.faults.add({
      operation: 'ecs:RunTask',
      fault: { kind: 'reset-after' },
      times: 1,
    });
    using _throttle = aws.faults.add({ operation: 'ecs:ListTasks', fault: { kind: 'throttle' } });

    await expect(ecs.send(new RunTaskCommand(request))).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    const conflict = ecs.send(new RunTaskCommand({ ...request, count: 2 }));

    await expect(conflict).rejects.toBeInstanceOf(ConflictException);
    await expect(conflict).rejects.toMatchObject({ resourceIds: [aws.tasks()[0]?.taskArn] });
    await expect(ecs.send(new ListTasksCommand({}))).rejects.toMatchObject({
      name: 'ThrottlingException',
    });
  });

  it('acts as another account with an assumed role, until it expires', async () => {
    const { Credentials: keys } = await new STSClient(optionsFor(root)).send(
      new AssumeRoleCommand({
        RoleArn: 'arn:aws:iam::444455556666:role/r',
        RoleSessionName: 'worker',
      }),
    );
    const theirs = optionsFor({
      accessKeyId: keys?.AccessKeyId ?? '',
      secretAccessKey: keys?.SecretAccessKey ?? '',
      sessionToken: keys?.SessionToken ?? '',
    });
    const identity = await new STSClient(theirs).send(new GetCallerIdentityCommand({}));
    const { Subnets: subnets } = await new EC2Client(theirs).send(new DescribeSubnetsCommand({}));
    await clock.elapse(3_600_000);

    expect(identity.Account).toBe('444455556666');
    expect(subnets?.[0]?.OwnerId).toBe('444455556666');
    await expect(
      new CloudWatchLogsClient(theirs).send(new DescribeLogGroupsCommand({})),
    ).rejects.toMatchObject({ name: 'ExpiredTokenException' });
  });
});
