import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../../src/kernel/clock.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { LocalAws, ScriptExecutor } from '../../src/local/index.ts';
import { projectRoot, python } from '../end-to-end/processes.ts';

type Answer = Readonly<Record<string, ReturnType<typeof JSON.parse>>> & { readonly status: number };
type Ecs = (operation: string, input?: object) => Promise<Answer>;

/** A question to both the local ECS and moto. `exempt` is the reason why moto differs. */
interface Case {
  readonly name: string;
  readonly ask: (ecs: Ecs, subnet: string) => Promise<unknown>;
  readonly answer: unknown;
  readonly exempt?: { readonly moto: string };
}

const main = { name: 'main', image: 'example/job:1', memory: 128 };
const family = (name: string, changes: object = {}) => ({
  family: name,
  cpu: '256',
  memory: '512',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  containerDefinitions: [main],
  ...changes,
});
const on = (subnet: string) => ({
  launchType: 'FARGATE',
  networkConfiguration: {
    awsvpcConfiguration: { subnets: [subnet], securityGroups: [], assignPublicIp: 'ENABLED' },
  },
});
const refusal = ({ status, __type }: Answer): unknown => [
  status,
  String(__type).replace(/^.*#/, ''),
];

const cases: readonly Case[] = [
  {
    name: 'creates a cluster once',
    ask: async (ecs) => {
      const first = await ecs('CreateCluster', { clusterName: 'one' });
      const second = await ecs('CreateCluster', { clusterName: 'one' });
      return [first.cluster.status, first.cluster.clusterArn === second.cluster.clusterArn];
    },
    answer: ['ACTIVE', true],
  },
  {
    name: 'returns MISSING for an unknown cluster',
    ask: async (ecs) => (await ecs('DescribeClusters', { clusters: ['nope'] })).failures[0].reason,
    answer: 'MISSING',
  },
  {
    name: 'counts revisions of a family',
    ask: async (ecs) => {
      await ecs('RegisterTaskDefinition', family('count'));
      return (await ecs('RegisterTaskDefinition', family('count'))).taskDefinition.revision;
    },
    answer: 2,
  },
  {
    name: 'fills in the defaults of a container definition',
    ask: async (ecs) => {
      const { taskDefinition } = await ecs('RegisterTaskDefinition', family('filled'));
      const [container] = taskDefinition.containerDefinitions;
      return [
        container.cpu,
        container.essential,
        container.environment,
        container.mountPoints,
        container.volumesFrom,
      ];
    },
    answer: [0, true, [], [], []],
  },
  {
    name: 'resolves a family to its newest ACTIVE revision',
    ask: async (ecs) => {
      for (let count = 0; count < 3; count += 1)
        await ecs('RegisterTaskDefinition', family('newest'));
      await ecs('DeregisterTaskDefinition', { taskDefinition: 'newest:3' });
      return (await ecs('DescribeTaskDefinition', { taskDefinition: 'newest' })).taskDefinition
        .revision;
    },
    answer: 2,
    exempt: { moto: 'resolves a family to an INACTIVE revision' },
  },
  {
    name: 'describes an INACTIVE revision by its number',
    ask: async (ecs) => {
      await ecs('RegisterTaskDefinition', family('inactive'));
      await ecs('DeregisterTaskDefinition', { taskDefinition: 'inactive:1' });
      return (await ecs('DescribeTaskDefinition', { taskDefinition: 'inactive:1' })).taskDefinition
        .status;
    },
    answer: 'INACTIVE',
  },
  {
    name: 'refuses to describe an unknown family',
    ask: async (ecs) => refusal(await ecs('DescribeTaskDefinition', { taskDefinition: 'nope' })),
    answer: [400, 'ClientException'],
  },
  {
    name: 'refuses an invalid Fargate size',
    ask: async (ecs) =>
      refusal(await ecs('RegisterTaskDefinition', family('size', { memory: '100' }))),
    answer: [400, 'ClientException'],
    exempt: { moto: 'has no table of Fargate sizes' },
  },
  {
    name: 'refuses Fargate without awsvpc',
    ask: async (ecs) =>
      refusal(await ecs('RegisterTaskDefinition', family('bridge', { networkMode: 'bridge' }))),
    answer: [400, 'ClientException'],
    exempt: { moto: 'accepts any network mode' },
  },
  {
    name: 'runs a task and returns its request',
    ask: async (ecs, subnet) => {
      await ecs('CreateCluster', { clusterName: 'run' });
      await ecs('RegisterTaskDefinition', family('run'));
      const overrides = { containerOverrides: [{ name: 'main', command: ['x'] }] };
      const { tasks, failures } = await ecs('RunTask', {
        cluster: 'run',
        taskDefinition: 'run',
        startedBy: 'me',
        overrides,
        tags: [{ key: 'a', value: 'b' }],
        ...on(subnet),
      });
      const described = await ecs('DescribeTasks', {
        cluster: 'run',
        tasks: [tasks[0].taskArn],
        include: ['TAGS'],
      });
      const [task] = described.tasks;
      return [
        failures,
        task.launchType,
        task.startedBy,
        task.overrides.containerOverrides,
        task.tags,
        task.group,
      ];
    },
    answer: [
      [],
      'FARGATE',
      'me',
      [{ name: 'main', command: ['x'] }],
      [{ key: 'a', value: 'b' }],
      'family:run',
    ],
  },
  {
    name: 'answers a repeated clientToken with the first task',
    ask: async (ecs, subnet) => {
      await ecs('RegisterTaskDefinition', family('token'));
      const input = { cluster: 'one', taskDefinition: 'token', clientToken: 't', ...on(subnet) };
      const first = await ecs('RunTask', input);
      const second = await ecs('RunTask', input);
      return first.tasks[0].taskArn === second.tasks[0].taskArn;
    },
    answer: true,
    exempt: { moto: 'has no clientToken' },
  },
  {
    name: 'refuses eleven tasks at once',
    ask: async (ecs, subnet) => {
      await ecs('RegisterTaskDefinition', family('eleven'));
      return refusal(
        await ecs('RunTask', {
          cluster: 'one',
          taskDefinition: 'eleven',
          count: 11,
          ...on(subnet),
        }),
      );
    },
    answer: [400, 'InvalidParameterException'],
    exempt: { moto: 'has no limit on count' },
  },
  {
    name: 'refuses an unknown cluster',
    ask: async (ecs, subnet) =>
      refusal(await ecs('RunTask', { cluster: 'nope', taskDefinition: 'run', ...on(subnet) })),
    answer: [400, 'ClusterNotFoundException'],
  },
  {
    name: 'returns MISSING for an unknown task',
    ask: async (ecs) =>
      (await ecs('DescribeTasks', { cluster: 'one', tasks: ['0'.repeat(32)] })).failures.map(
        ({ reason }: { readonly reason: string }) => reason,
      ),
    answer: ['MISSING'],
    exempt: { moto: 'leaves an unknown task out of failures' },
  },
  {
    name: 'refuses to describe an empty list of tasks',
    ask: async (ecs) => refusal(await ecs('DescribeTasks', { cluster: 'one', tasks: [] })),
    answer: [400, 'InvalidParameterException'],
  },
  {
    name: 'lists tasks by family and by startedBy',
    ask: async (ecs, subnet) => {
      await ecs('CreateCluster', { clusterName: 'list' });
      await ecs('RegisterTaskDefinition', family('list'));
      await ecs('RunTask', {
        cluster: 'list',
        taskDefinition: 'list',
        startedBy: 'x',
        count: 2,
        ...on(subnet),
      });
      const count = async (filter: object) =>
        (await ecs('ListTasks', { cluster: 'list', ...filter })).taskArns.length;
      return [
        await count({ family: 'list' }),
        await count({ startedBy: 'x' }),
        await count({ startedBy: 'y' }),
      ];
    },
    answer: [2, 2, 0],
  },
  {
    name: 'stops a task with the given reason',
    ask: async (ecs, subnet) => {
      await ecs('RegisterTaskDefinition', family('stop'));
      const { tasks } = await ecs('RunTask', {
        cluster: 'one',
        taskDefinition: 'stop',
        ...on(subnet),
      });
      const { task } = await ecs('StopTask', {
        cluster: 'one',
        task: tasks[0].taskArn,
        reason: 'enough',
      });
      return [task.desiredStatus, task.stoppedReason];
    },
    answer: ['STOPPED', 'enough'],
  },
  {
    name: 'refuses to stop an unknown task',
    ask: async (ecs) => refusal(await ecs('StopTask', { cluster: 'one', task: '0'.repeat(32) })),
    answer: [400, 'InvalidParameterException'],
    exempt: { moto: 'answers 500 with an HTML page' },
  },
  {
    name: 'tags and untags a cluster',
    ask: async (ecs) => {
      const { cluster } = await ecs('CreateCluster', {
        clusterName: 'tags',
        tags: [{ key: 'a', value: '1' }],
      });
      const resourceArn = cluster.clusterArn;
      await ecs('TagResource', { resourceArn, tags: [{ key: 'b', value: '2' }] });
      await ecs('UntagResource', { resourceArn, tagKeys: ['a'] });
      return (await ecs('ListTagsForResource', { resourceArn })).tags;
    },
    answer: [{ key: 'b', value: '2' }],
  },
  {
    name: 'deletes a cluster',
    ask: async (ecs) => {
      await ecs('CreateCluster', { clusterName: 'gone' });
      return (await ecs('DeleteCluster', { cluster: 'gone' })).cluster.status;
    },
    answer: 'INACTIVE',
  },
];

const headersOf = (service: string) => ({
  authorization: `AWS4-HMAC-SHA256 Credential=111122223333/20300101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
});

/** The common part of the local server and `fetch`. */
type Send = (request: Request) => Promise<Pick<Response, 'status' | 'text'>>;

function ecsOver(send: Send, url: string): Ecs {
  return async (operation, input = {}) => {
    const response = await send(
      new Request(url, {
        method: 'POST',
        headers: {
          ...headersOf('ecs'),
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': `AmazonEC2ContainerServiceV20141113.${operation}`,
        },
        body: JSON.stringify(input),
      }),
    );
    return { ...JSON.parse(await response.text()), status: response.status };
  };
}

/** Looks up a subnet of the default VPC of the server under test. */
async function firstSubnet(send: Send, url: string): Promise<string> {
  const response = await send(
    new Request(url, {
      method: 'POST',
      headers: { ...headersOf('ec2'), 'content-type': 'application/x-www-form-urlencoded' },
      body: 'Action=DescribeSubnets&Version=2016-11-15',
    }),
  );
  return /<subnetId>([^<]+)</.exec(await response.text())?.[1] ?? '';
}

describe('The local ECS', () => {
  const executor = new ScriptExecutor({ clock: systemClock, story: () => ({}) });
  const aws = new LocalAws({ clock: systemClock, random: seededRandom(1), executor });
  const send = (request: Request) => aws.handle(request);
  afterAll(() => aws[Symbol.asyncDispose]());

  it.each(cases)('$name', async ({ ask, answer }) => {
    const url = 'http://127.0.0.1/';

    expect(await ask(ecsOver(send, url), await firstSubnet(send, url))).toEqual(answer);
  });
});

describe('moto', () => {
  let url = '';
  let stop = async (): Promise<void> => undefined;

  beforeAll(async () => {
    const moto = spawn(python, [`${projectRoot}scripts/moto.py`], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    const ended = new Promise((resolve) => moto.once('close', resolve));
    stop = async () => {
      moto.kill('SIGTERM');
      await ended;
    };
    const line = await new Promise<string>((resolve) =>
      createInterface({ input: moto.stdout }).once('line', resolve),
    );
    ({ url } = z.object({ url: z.string() }).parse(JSON.parse(line)));
  });
  afterAll(() => stop());

  it.each(cases.filter((one) => one.exempt === undefined))('$name', async ({ ask, answer }) => {
    expect(await ask(ecsOver(fetch, url), await firstSubnet(fetch, url))).toEqual(answer);
  });

  it.each(cases.filter((one) => one.exempt !== undefined))(
    'still differs: $name ($exempt.moto)',
    async ({ ask, answer }) => {
      const asked = ask(ecsOver(fetch, url), await firstSubnet(fetch, url));

      await expect(asked.catch(() => 'no answer')).resolves.not.toEqual(answer);
    },
  );
});
