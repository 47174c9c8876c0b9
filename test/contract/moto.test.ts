import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createAws } from '../../src/aws/create-aws.ts';
import { parseAwsCredentials } from '../../src/core/job/credentials.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { silentLogger } from '../../src/kernel/logger.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import type { AwsSession } from '../../src/run/ports/aws.ts';
import { projectRoot, python } from '../end-to-end/processes.ts';

const never = new AbortController().signal;
const familyDocument = {
  family: 'contract',
  cpu: '256',
  memory: '512',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  containerDefinitions: [{ name: 'prefect', image: 'prefecthq/prefect:3-latest' }],
};

/** moto is not ours, so it shows whether our calls mean what we think. */
describe('Our AWS client on moto', () => {
  let stop: () => Promise<void>;
  let url: string;
  let session: AwsSession;

  beforeAll(async () => {
    const moto = spawn(python, [`${projectRoot}scripts/moto.py`], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const ended = new Promise((resolve) => moto.once('close', resolve));
    stop = async () => {
      moto.kill('SIGTERM');
      await ended;
    };
    const [line] = await new Promise<string[]>((resolve) =>
      createInterface({ input: moto.stdout }).once('line', (text) => resolve([text])),
    );
    url = z.object({ url: z.string() }).parse(JSON.parse(line ?? '')).url;
    const aws = createAws({
      settings: {
        region: 'us-east-1',
        endpointUrl: url,
        endpointUrls: {},
        caBundle: undefined,
        usesProxy: false,
      },
      clock: systemClock,
      random: seededRandom(1),
      log: silentLogger,
    });
    const credentials = parseAwsCredentials({
      aws_access_key_id: 'AKIDEXAMPLE',
      aws_secret_access_key: 'secret',
    });
    session = await aws.sessionFor(credentials, never);
    await ecs(url, 'CreateCluster', { clusterName: 'dev' });
  });
  afterAll(() => stop());

  it('finds the default VPC and its subnets', async () => {
    const vpcId = await session.findVpc(undefined, never);

    const subnets = await session.readSubnets(vpcId ?? '', never);

    expect(vpcId).toMatch(/^vpc-/);
    expect(new Set(subnets.map((subnet) => subnet.vpcId))).toEqual(new Set([vpcId]));
    await expect(session.findVpc('vpc-00000000', never)).resolves.toBeUndefined();
  });

  it('registers, runs, describes and stops tasks, which moto stores as sent', async () => {
    const registered = await session.registerTaskDefinition(familyDocument, never);
    const arn = String(registered['taskDefinitionArn']);
    const subnets = await session.readSubnets(
      (await session.findVpc(undefined, never)) ?? '',
      never,
    );
    const request = {
      cluster: 'dev',
      taskDefinition: arn,
      launchType: 'FARGATE',
      startedBy: 'prefect/run/launch',
      clientToken: 'a-launch-id',
      networkConfiguration: {
        awsvpcConfiguration: {
          subnets: [subnets[0]?.subnetId ?? ''],
          assignPublicIp: 'ENABLED',
          securityGroups: [],
        },
      },
      overrides: {
        containerOverrides: [
          {
            name: 'prefect',
            command: ['run'],
            environment: [{ name: 'PREFECT__FLOW_RUN_ID', value: 'run-1' }],
          },
        ],
      },
      tags: [{ key: 'prefect.io/flow-run-id', value: 'run-1' }],
    };

    const { tasks } = await session.runTask(request, never);
    const taskArn = tasks[0]?.taskArn ?? '';
    const described = await session.describeTasks('dev', [taskArn], never);
    const stored = z
      .object({ tasks: z.array(z.looseObject({ overrides: z.unknown(), startedBy: z.string() })) })
      .parse(
        await ecs(url, 'DescribeTasks', { cluster: 'dev', tasks: [taskArn], include: ['TAGS'] }),
      );
    const stopped = await session.stopTask(
      { clusterArn: 'dev', taskArn },
      'Stopped by Prefect worker',
      'nothing',
      never,
    );

    expect(described.tasks[0]?.flowRunIdInOverrides).toBe('run-1');
    expect(described.tasks[0]?.tags).toEqual({ 'prefect.io/flow-run-id': 'run-1' });
    expect(stored.tasks[0]?.overrides).toMatchObject(request.overrides);
    expect(stored.tasks[0]?.startedBy).toBe('prefect/run/launch');
    expect(stopped?.desiredStatus).toBe('STOPPED');
  });

  it('reports the code and text of a refusal', async () => {
    const refused = session.describeTaskDefinition('nobody', never);

    await expect(refused).rejects.toMatchObject({ name: 'ClientException', status: 400 });
  });
});

async function ecs(url: string, operation: string, input: unknown): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AmazonEC2ContainerServiceV20141113.${operation}`,
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20300101/us-east-1/ecs/aws4_request, SignedHeaders=host, Signature=0',
    },
    body: JSON.stringify(input),
  });
  return response.json();
}
