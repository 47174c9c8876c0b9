import { openGate } from '../../src/run/shared/gate.ts';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createAws } from '../../src/aws/create-aws.ts';
import { parseAwsCredentials } from '../../src/core/job/credentials.ts';
import { aJob } from '../../src/core/plan/a-job.test-support.ts';
import { launchPlanFor } from '../../src/core/plan/launch-plan.ts';
import { silentLogger } from '../../src/kernel/logger.ts';
import { ManualClock } from '../../src/kernel/manual-clock.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { LocalAws, serveOnLoopback, type LoopbackServer } from '../../src/local/index.ts';
import { Definitions } from '../../src/run/shared/task-definitions.ts';

const never = new AbortController().signal;

/** Uses the wire, since ECS fills in defaults and changes orders; the local AWS does, too. */
describe('Task definitions', () => {
  let aws: LocalAws;
  let server: LoopbackServer;
  beforeEach(async () => {
    const nothingRuns = {
      start: () => Promise.reject(new Error('no task is started here')),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
    aws = new LocalAws({
      clock: new ManualClock(),
      random: seededRandom(1),
      executor: nothingRuns,
    });
    server = await serveOnLoopback((request) => aws.handle(request), {}, never);
  });
  afterEach(async () => {
    await server.close();
    await aws[Symbol.asyncDispose]();
  });

  /** A worker's memory of definitions, which a restart loses. */
  function worker() {
    const clock = new ManualClock();
    const random = seededRandom(1);
    const clients = createAws({
      settings: {
        region: 'eu-west-1',
        endpointUrl: server.url,
        endpointUrls: {},
        caBundle: undefined,
        usesProxy: false,
      },
      clock,
      random,
      log: silentLogger,
    });
    const ports = {
      definitions: new Definitions(clock, random, () => ({
        attempts: 3,
        initialDelaySeconds: 1,
        maxDelaySeconds: 10,
      })),
    };
    return async (deployment: number) => {
      const job = aJob({
        deploymentId: `deployment-${deployment}`,
        taskDefinition: {
          cpu: '1 vCPU',
          memory: '2 GB',
          containerDefinitions: [
            {
              name: 'side',
              image: 'side:1',
              essential: false,
              portMappings: [{ containerPort: 80 }],
            },
            {
              name: 'prefect',
              image: `job:${deployment}`,
              environment: [
                { name: 'B', value: '' },
                { name: 'A', value: '1' },
              ],
            },
          ],
        },
        executionRoleArn: 'arn:aws:iam::123456789012:role/exec',
        awsCredentials: parseAwsCredentials({
          aws_access_key_id: '123456789012',
          aws_secret_access_key: 'x',
        }),
      });
      const session = await clients.sessionFor(job.awsCredentials, never);
      const subnets = [{ subnetId: 'subnet-1', availabilityZone: 'a' }];
      const plan = launchPlanFor(job, {
        region: session.region,
        network: { vpcId: 'vpc-1', subnets },
      });
      if (plan.definition.kind !== 'prepared') throw new Error('nothing is linked here');
      return ports.definitions.provide(
        plan.definition,
        false,
        { ...session, gate: openGate },
        silentLogger,
        never,
      );
    };
  }

  it('of 100 runs of five deployments are five, despite two restarts', async () => {
    const arns = new Set<string>();
    for (let life = 0; life < 3; life += 1) {
      const provide = worker();
      const provided = await Promise.all(
        Array.from({ length: 34 }, (_, run) => provide((run + life) % 5)),
      );
      for (const { arn } of provided) arns.add(arn);
    }

    expect(arns.size).toBe(5);
    expect(aws.callCounts()).toEqual({
      'sts:GetCallerIdentity': 3,
      'ecs:DescribeTaskDefinition': 15,
      'ecs:RegisterTaskDefinition': 5,
    });
  });

  it('of 50 simultaneous first runs are one, and the next 50 cost no call', async () => {
    const provide = worker();

    const first = await Promise.all(Array.from({ length: 50 }, () => provide(1)));
    const before = aws.callCounts();
    await Promise.all(Array.from({ length: 50 }, () => provide(1)));

    expect(first.filter(({ newlyRegistered }) => newlyRegistered)).toHaveLength(1);
    expect(before).toEqual({
      'sts:GetCallerIdentity': 1,
      'ecs:DescribeTaskDefinition': 1,
      'ecs:RegisterTaskDefinition': 1,
    });
    expect(aws.callCounts()).toEqual(before);
  });
});
