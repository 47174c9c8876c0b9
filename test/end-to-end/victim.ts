import {
  ECSClient,
  ListTaskDefinitionFamiliesCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
} from '@aws-sdk/client-ecs';
import { z } from 'zod';
import { commandScript, projectRoot, startProcess, type RunningProcess } from './processes.ts';

const Ready = z.object({
  AWS_ENDPOINT_URL: z.string(),
  AWS_ACCESS_KEY_ID: z.string(),
  AWS_SECRET_ACCESS_KEY: z.string(),
  AWS_REGION: z.string(),
  AWS_DEFAULT_REGION: z.string(),
  PREFECT_API_URL: z.string(),
  PREFECT_API_AUTH_STRING: z.string(),
});
const Named = z.array(z.looseObject({ id: z.string() }));

export const family = 'job';
const network = { awsvpcConfiguration: { subnets: ['subnet-0a1b2c3d4e5f60710'] } };

/** A running `dev` that holds something worth an attack. */
export class Victim implements AsyncDisposable {
  readonly dev: RunningProcess;
  readonly ready: z.infer<typeof Ready>;
  readonly pool: string;
  readonly #ecs: ECSClient;

  private constructor(dev: RunningProcess, ready: z.infer<typeof Ready>, pool: string) {
    this.dev = dev;
    this.ready = ready;
    this.pool = pool;
    this.#ecs = new ECSClient({
      endpoint: ready.AWS_ENDPOINT_URL,
      region: ready.AWS_REGION,
      credentials: {
        accessKeyId: ready.AWS_ACCESS_KEY_ID,
        secretAccessKey: ready.AWS_SECRET_ACCESS_KEY,
      },
    });
  }

  static async start(pool: string, flags: readonly string[], folder: string): Promise<Victim> {
    const image = `prefecthq/prefect:*=${projectRoot}.venv`;
    const args = [commandScript, 'dev', '--json', '--pool', pool, '--image', image, ...flags];
    const dev = startProcess(process.execPath, args, { TMPDIR: folder }, folder);
    const ready = Ready.parse(JSON.parse(await dev.line(/^\{"AWS_ENDPOINT_URL"/, 60_000)));
    await dev.line(/Worker 'dev' started!/, 60_000);
    return new Victim(dev, ready, pool);
  }

  /** Registers a task definition whose tasks run this shell command. */
  async register(command: string): Promise<void> {
    await this.#ecs.send(
      new RegisterTaskDefinitionCommand({
        family,
        requiresCompatibilities: ['FARGATE'],
        networkMode: 'awsvpc',
        cpu: '256',
        memory: '512',
        containerDefinitions: [
          { name: 'main', image: 'prefecthq/prefect:3-latest', command: ['sh', '-c', command] },
        ],
      }),
    );
  }

  async runTask(): Promise<void> {
    await this.#ecs.send(
      new RunTaskCommand({
        taskDefinition: family,
        launchType: 'FARGATE',
        networkConfiguration: network,
      }),
    );
  }

  /** Creates a deployment to its pool and returns the id. */
  async deploy(): Promise<string> {
    const Id = z.looseObject({ id: z.string() });
    const flow = Id.parse(await this.prefect('POST', '/flows/', { name: 'flow' }));
    const deployment = {
      name: 'd',
      flow_id: flow.id,
      work_pool_name: this.pool,
      entrypoint: 'a.py:b',
    };
    return Id.parse(await this.prefect('POST', '/deployments/', deployment)).id;
  }

  async prefect(method: string, path: string, body?: unknown): Promise<unknown> {
    const { PREFECT_API_URL: url, PREFECT_API_AUTH_STRING: login } = this.ready;
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', authorization: `Basic ${btoa(login)}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    if (!response.ok)
      throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  /** Everything that a stranger could have changed. */
  async effects(): Promise<unknown> {
    const {
      AWS_ENDPOINT_URL: aws,
      AWS_ACCESS_KEY_ID: id,
      AWS_SECRET_ACCESS_KEY: secret,
    } = this.ready;
    const headers = { authorization: `Basic ${btoa(`${id}:${secret}`)}` };
    const calls = z
      .record(z.string(), z.number())
      .parse(await (await fetch(`${aws}/_local/calls`, { headers })).json());
    const { families } = await this.#ecs.send(new ListTaskDefinitionFamiliesCommand({}));
    const kinds = [
      'flows',
      'deployments',
      'flow_runs',
      'work_pools',
      'variables',
      'block_documents',
    ];
    const ids = async (kind: string): Promise<readonly string[]> =>
      Named.parse(await this.prefect('POST', `/${kind}/filter`, {})).map((item) => item.id);
    const pool = z
      .looseObject({ is_paused: z.boolean() })
      .parse(await this.prefect('GET', `/work_pools/${this.pool}`));
    return {
      tasks: await (await fetch(`${aws}/_local/tasks`, { headers })).json(),
      families,
      launches: [calls['ecs:RunTask'], calls['ecs:RegisterTaskDefinition'], calls['ec2:RunTask']],
      prefect: await Promise.all(kinds.map(async (kind) => [kind, await ids(kind)])),
      isPaused: pool.is_paused,
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dev[Symbol.asyncDispose]();
  }
}
