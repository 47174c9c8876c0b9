import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedAbortController } from '../../src/kernel/abort.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { silentLogger } from '../../src/kernel/logger.ts';
import { systemRandom } from '../../src/kernel/random.ts';
import { LocalAws } from '../../src/local/aws/local-aws.ts';
import { ProcessExecutor } from '../../src/local/aws/ecs/process-executor.ts';
import { LocalPrefect } from '../../src/local/prefect/local-prefect.ts';
import { serveOnLoopback, type LoopbackServer } from '../../src/local/serve.ts';
import { projectRoot, startProcess, until } from '../end-to-end/processes.ts';

const minutes = (count: number): number => count * 60_000;
const prefectCommand = `${projectRoot}.venv/bin/prefect`;

describe.skipIf(!existsSync(prefectCommand))(
  'The unchanged Python worker on the local servers',
  () => {
    let folder: string;
    let prefect: LocalPrefect;
    let aws: LocalAws;
    let servers: readonly LoopbackServer[];
    let environment: Readonly<Record<string, string>>;

    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'prefect-ecs-python-'));
      const parts = { clock: systemClock, random: systemRandom, log: silentLogger };
      const images = [{ pattern: '*', directory: `${projectRoot}.venv` }];
      prefect = new LocalPrefect(parts);
      aws = new LocalAws({
        ...parts,
        executor: new ProcessExecutor({ ...parts, images, folder: join(folder, 'tasks') }),
      });
      const never = sharedAbortController().signal;
      const prefectServer = await serveOnLoopback(
        (request) => prefect.handle(request),
        { sockets: (upgrade) => prefect.upgrade(upgrade) },
        never,
      );
      const awsServer = await serveOnLoopback((request) => aws.handle(request), {}, never);
      servers = [prefectServer, awsServer];
      environment = {
        PREFECT_API_URL: `${prefectServer.url}/api`,
        PREFECT_HOME: folder,
        PREFECT_WORKER_QUERY_SECONDS: '1',
        AWS_ENDPOINT_URL: awsServer.url,
        AWS_ACCESS_KEY_ID: 'test',
        AWS_SECRET_ACCESS_KEY: 'test',
        AWS_DEFAULT_REGION: 'us-east-1',
      };
    });
    afterAll(async () => {
      await aws[Symbol.asyncDispose]();
      await prefect[Symbol.asyncDispose]();
      for (const server of servers) await server.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    });

    it(
      'claims a run and starts its task, which completes',
      async () => {
        const args = ['worker', 'start', '--type', 'ecs', '--pool', 'py', '--name', 'python'];
        await using worker = startProcess(prefectCommand, args, environment, folder);
        await worker.line(/started!/, 60_000);
        const directory = `${projectRoot}test/end-to-end/flows`;
        const deployment = prefect.createDeployment({
          flow: 'three_tasks',
          pool: 'py',
          entrypoint: 'flows.py:three_tasks',
          pullSteps: [{ 'prefect.deployments.steps.set_working_directory': { directory } }],
          parameters: { amount: 4 },
        });

        const id = prefect.schedule(deployment);
        await until(
          `run ${id} to end\n${worker.lines.slice(-30).join('\n')}`,
          minutes(2),
          async () =>
            ['COMPLETED', 'FAILED', 'CRASHED'].includes(prefect.stateOf(id).type)
              ? true
              : undefined,
        ).catch((error: unknown) => {
          throw new Error(`${String(error)}\n${worker.lines.slice(-40).join('\n')}`);
        });

        expect(prefect.stateOf(id)).toMatchObject({ type: 'COMPLETED' });
        expect(prefect.history(id).map((state) => state.name)).toEqual(
          expect.arrayContaining(['Scheduled', 'Pending', 'Submitting', 'Running', 'Completed']),
        );
        expect(prefect.run(id).infrastructure_pid).toMatch(/::arn:aws:ecs:/);
        expect(prefect.run(id).labels).toMatchObject({ 'prefect.worker.name': 'python' });
        expect(prefect.workers('py')).toMatchObject([{ name: 'python', status: 'ONLINE' }]);
      },
      minutes(4),
    );
  },
);
