import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { commandScript, projectRoot, runProcess, startProcess, until } from './processes.ts';

const prefectCommand = `${projectRoot}.venv/bin/prefect`;
const image = `prefecthq/prefect:*=${projectRoot}.venv`;
const Ready = z.looseObject({
  AWS_ENDPOINT_URL: z.string(),
  AWS_ACCESS_KEY_ID: z.string(),
  AWS_SECRET_ACCESS_KEY: z.string(),
  PREFECT_API_URL: z.string(),
  PREFECT_API_AUTH_STRING: z.string(),
});
const basic = (login: string) => ({ authorization: `Basic ${btoa(login)}` });
const Runs = z.array(z.looseObject({ id: z.string(), state_type: z.string() }));

const flow = `
from prefect import flow

@flow(log_prints=True)
def greet(name: str = "world"):
    print(f"hello, {name}")

if __name__ == "__main__":
    flow.from_source(source=".", entrypoint="greet.py:greet").deploy(
        name="dev", work_pool_name="local-ecs", image="prefecthq/prefect:3-latest", build=False, push=False
    )
`;
/** Loses answers of RunTask and of claims, which must not double anything. */
const faults = {
  seed: 7,
  aws: [{ operation: 'ecs:RunTask', fault: { kind: 'reset-after' }, times: 1 }],
  prefect: [
    { operation: 'POST /flow_runs/{id}/set_state', fault: { kind: 'reset-after' }, times: 1 },
    { operation: 'GET /work_pools/{name}', fault: { kind: 'error', status: 503 }, times: 1 },
  ],
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prefect-ecs-dev-test-'));
});
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

const devArguments = (...more: readonly string[]): readonly string[] => [
  commandScript,
  'dev',
  '--image',
  image,
  ...more,
];

describe.skipIf(!existsSync(prefectCommand))('dev without a Prefect server', () => {
  it("runs a flow that Prefect's own client deploys, despite injected faults", async () => {
    await writeFile(join(folder, 'greet.py'), flow);
    await writeFile(join(folder, 'faults.json'), JSON.stringify(faults));
    const args = devArguments('--json', '--faults', 'faults.json');
    await using dev = startProcess(process.execPath, args, { TMPDIR: folder }, folder);
    const ready = Ready.parse(JSON.parse(await dev.line(/^\{"AWS_ENDPOINT_URL"/)));
    const {
      AWS_ENDPOINT_URL: aws,
      PREFECT_API_URL: api,
      PREFECT_API_AUTH_STRING: authString,
    } = ready;
    await dev.line(/prefect \| not modelled: .*automations/);
    await dev.line(/Worker 'dev' started!/);
    const client = {
      PREFECT_API_URL: api,
      PREFECT_API_AUTH_STRING: authString,
      PREFECT_HOME: join(folder, 'client'),
    };

    const deployed = await runProcess(
      `${projectRoot}.venv/bin/python`,
      ['greet.py'],
      client,
      folder,
    );
    expect(deployed.output).toContain('greet/dev');
    const watched = await runProcess(
      prefectCommand,
      ['deployment', 'run', 'greet/dev', '--param', 'name=dev', '--watch'],
      client,
      folder,
    );

    expect(watched.output).toContain('hello, dev');
    expect(watched.exitCode).toBe(0);
    const runs = await until('the run to be Completed', 60_000, async () => {
      const headers = { 'content-type': 'application/json', ...basic(authString) };
      const response = await fetch(`${api}/flow_runs/filter`, {
        method: 'POST',
        headers,
        body: '{}',
      });
      const found = Runs.parse(await response.json());
      return found.every((run) => run.state_type === 'COMPLETED') ? found : undefined;
    });
    expect(runs).toHaveLength(1);
    const headers = basic(`${ready.AWS_ACCESS_KEY_ID}:${ready.AWS_SECRET_ACCESS_KEY}`);
    const local = async (path: string): Promise<unknown> =>
      (await fetch(`${aws}/_local/${path}`, { headers })).json();
    expect(z.array(z.unknown()).parse(await local('tasks'))).toHaveLength(1);
    const calls = z.record(z.string(), z.number()).parse(await local('calls'));
    expect(calls['ecs:RunTask']).toBe(2);

    dev.signal('SIGINT');
    expect(await dev.ended).toBe(0);
  }, 180_000);
});

const eachService = `
import boto3
print("caller", boto3.client("sts").get_caller_identity()["Account"])
print("clusters", len(boto3.client("ecs").list_clusters()["clusterArns"]))
print("networks", len(boto3.client("ec2").describe_vpcs()["Vpcs"]))
print("groups", len(boto3.client("logs").describe_log_groups()["logGroups"]))
print("queues", len(boto3.client("sqs").list_queues().get("QueueUrls", [])))
`;

it.skipIf(!existsSync(prefectCommand))(
  'dev prints exports with which boto3 and the Prefect command reach its servers',
  async () => {
    await using dev = startProcess(process.execPath, devArguments(), { TMPDIR: folder }, folder);
    await dev.line(/^export PREFECT_API_AUTH_STRING=/);
    await dev.line(/Worker 'dev' started!/);
    const exports = dev.lines.filter((line) => line.startsWith('export ')).join('\n');
    await writeFile(join(folder, 'each-service.py'), eachService);
    const inShell = (command: string) =>
      runProcess(
        'sh',
        ['-c', `${exports}\n${command}`],
        { PREFECT_HOME: join(folder, 'home') },
        folder,
      );

    const aws = await inShell(`${projectRoot}.venv/bin/python each-service.py`);
    const prefect = await inShell(`${prefectCommand} work-pool ls`);
    const stranger = await runProcess(
      'sh',
      [
        '-c',
        `${exports}\nexport AWS_SECRET_ACCESS_KEY=x\n${projectRoot}.venv/bin/python each-service.py`,
      ],
      {},
      folder,
    );

    expect(aws.output).toBe('caller 123456789012\nclusters 1\nnetworks 1\ngroups 0\nqueues 0');
    expect(prefect.output).toContain('local-ecs');
    expect([aws.exitCode, prefect.exitCode]).toEqual([0, 0]);
    expect(stranger.output).toContain('SignatureDoesNotMatch');
  },
);

describe('dev', () => {
  const refusal = async (...flags: readonly string[]) =>
    runProcess(process.execPath, devArguments(...flags), { TMPDIR: folder }, folder);

  it('refuses an invalid fault file and names the wrong rule', async () => {
    await writeFile(join(folder, 'wrong.json'), '{"aws":[{"task":{"kind":"vanish"}}]}');

    const { exitCode, output } = await refusal('--faults', 'wrong.json');

    expect(exitCode).toBe(2);
    expect(output).toMatch(/--faults wrong\.json: aws\[0\]: .*afterMs/s);
    expect(output).toContain('docs/local-servers.md');
  });

  it.each([
    [['--prefect-url', 'http://127.0.0.1:1/api'], /only work with the built-in local Prefect/],
    [['--prefect-server'], /not with the real Prefect server/],
    [['--local-aws-only'], /--local-aws-only starts no Prefect/],
  ])('refuses faults for a Prefect that does not support them: %j', async (flags, message) => {
    await writeFile(join(folder, 'both.json'), JSON.stringify(faults));

    const { exitCode, output } = await refusal('--faults', 'both.json', ...flags);

    expect(output).toMatch(message);
    expect(exitCode).toBe(2);
  });

  it('refuses two Prefect servers at once', async () => {
    const { exitCode, output } = await refusal(
      '--prefect-server',
      '--prefect-url',
      'http://127.0.0.1:1/api',
    );

    expect(output).toMatch(/--prefect-server.*cannot be used with.*--prefect-url/);
    expect(exitCode).toBe(2);
  });
});
