import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ECSClient, RegisterTaskDefinitionCommand, RunTaskCommand } from '@aws-sdk/client-ecs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import {
  commandScript,
  projectRoot,
  startProcess,
  until,
  type RunningProcess,
} from './processes.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'prefect-ecs-orphans-'));
});
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

const Ready = z.looseObject({
  AWS_ENDPOINT_URL: z.string(),
  AWS_ACCESS_KEY_ID: z.string(),
  AWS_SECRET_ACCESS_KEY: z.string(),
  AWS_REGION: z.string(),
});

/** Starts a `dev` with a record folder of this test alone, and a client with its keys. */
async function startDev(): Promise<{ readonly dev: RunningProcess; readonly ecs: ECSClient }> {
  const image = `prefecthq/prefect:*=${projectRoot}.venv`;
  const dev = startProcess(
    process.execPath,
    [commandScript, 'dev', '--local-aws-only', '--json', '--image', image],
    { TMPDIR: folder },
    folder,
  );
  const ready = Ready.parse(JSON.parse(await dev.line(/^\{"AWS_ENDPOINT_URL"/)));
  const ecs = new ECSClient({
    endpoint: ready.AWS_ENDPOINT_URL,
    region: ready.AWS_REGION,
    credentials: {
      accessKeyId: ready.AWS_ACCESS_KEY_ID,
      secretAccessKey: ready.AWS_SECRET_ACCESS_KEY,
    },
  });
  return { dev, ecs };
}

/**
 * Runs a task that never ends: a shell with a child that ignores SIGTERM. Both write their process
 * ids to files.
 */
async function runTask(ecs: ECSClient, file: string): Promise<readonly number[]> {
  const script = `sh -c 'trap "" TERM; echo $$ > ${file}.child; while :; do sleep 1; done' & echo $$ > ${file}; wait`;
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: 'sleeper',
      requiresCompatibilities: ['FARGATE'],
      networkMode: 'awsvpc',
      cpu: '256',
      memory: '512',
      containerDefinitions: [
        { name: 'main', image: 'prefecthq/prefect:3-latest', command: ['sh', '-c', script] },
      ],
    }),
  );
  await ecs.send(
    new RunTaskCommand({
      taskDefinition: 'sleeper',
      launchType: 'FARGATE',
      networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-0a1b2c3d4e5f60710'] } },
    }),
  );
  return Promise.all([numberIn(file), numberIn(`${file}.child`)]);
}

async function numberIn(file: string): Promise<number> {
  const text = await until(`a number in ${file}`, 20_000, async () => {
    const found = existsSync(file) ? await readFile(file, 'utf8') : '';
    return found.endsWith('\n') ? found : undefined;
  });
  return Number(text);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

it('A new dev ends the containers of a killed dev, and leaves those of a living one', async () => {
  const killed = await startDev();
  await using _killed = killed.dev;
  const other = await startDev();
  await using _other = other.dev;
  const orphans = await runTask(killed.ecs, join(folder, 'orphan'));
  const others = await runTask(other.ecs, join(folder, 'other'));

  killed.dev.signal('SIGKILL');
  await killed.dev.ended;
  expect(orphans.filter(isRunning)).toEqual(orphans);
  const next = await startDev();
  await using _next = next.dev;

  const said = next.dev.lines.filter((line) => line.includes('an earlier `prefect-ecs dev`'));
  expect(said).toEqual([expect.stringContaining(`(process ${orphans[0] ?? 0}:`)]);
  expect(said[0]).toMatch(/container main of task [0-9a-f]{32}/);
  await until('the orphans to be gone', 5_000, () =>
    Promise.resolve(orphans.some(isRunning) ? undefined : true),
  );
  expect(others.filter(isRunning)).toEqual(others);
  const [root = ''] = (await readdir(folder)).filter((name) => name.startsWith('prefect-ecs-dev-'));
  const folders = await readdir(join(folder, root));
  expect(folders.map((name) => name.split('-')[1]).sort()).toEqual(
    [other.dev.pid, next.dev.pid].map(String).sort(),
  );
});
