import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../scripts/lib/project.mjs';

/**
 * Starts the built worker for the pool `bench` in its own process, without this machine's
 * environment. `end` kills it and removes its files.
 */
export function localWorker({ prefectUrl, awsUrl, environment = {} }) {
  const home = mkdtempSync(join(tmpdir(), 'prefect-ecs-bench-'));
  const worker = spawn(
    process.execPath,
    [join(root, 'dist/main.js'), 'worker', 'start', '--pool', 'bench'],
    {
      stdio: 'ignore',
      env: {
        PATH: process.env.PATH,
        HOME: home,
        PREFECT_HOME: home,
        PREFECT_API_URL: `${prefectUrl}/api`,
        AWS_DEFAULT_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: '123456789012',
        AWS_SECRET_ACCESS_KEY: 'x',
        AWS_ENDPOINT_URL: awsUrl,
        PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_ENABLED: 'false',
        ...environment,
      },
    },
  );
  const ended = new Promise((resolve) => worker.once('close', resolve));
  const end = async () => {
    worker.kill('SIGKILL');
    await ended;
    rmSync(home, { recursive: true, force: true });
  };
  return { worker, end };
}
