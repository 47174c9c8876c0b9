import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../src/cli/dev/free-port.ts';
import { projectRoot, startProcess, until } from './processes.ts';

export interface RealPrefect {
  readonly apiUrl: string;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts the real Prefect server of `.venv` on SQLite, in a home that is removed with it. */
export async function startRealPrefect(
  settings: Readonly<Record<string, string>>,
): Promise<RealPrefect> {
  const home = await mkdtemp(join(tmpdir(), 'prefect-ecs-test-'));
  const port = await freePort();
  const apiUrl = `http://127.0.0.1:${port}/api`;
  const server = startProcess(
    `${projectRoot}.venv/bin/prefect`,
    ['server', 'start', '--host', '127.0.0.1', '--port', String(port)],
    {
      PREFECT_HOME: home,
      PREFECT_API_URL: apiUrl,
      PREFECT_SERVER_ANALYTICS_ENABLED: 'false',
      ...settings,
    },
    home,
  );
  await until(
    `the Prefect server\n${server.lines.join('\n')}`,
    120_000,
    async () => {
      const response = await fetch(`${apiUrl}/health`).catch(() => undefined);
      return response?.ok === true ? true : undefined;
    },
    250,
  );
  return {
    apiUrl,
    [Symbol.asyncDispose]: async () => {
      await server[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
