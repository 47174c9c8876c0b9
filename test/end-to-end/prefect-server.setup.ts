import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { projectRoot, startProcess, until } from './processes.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** API of the real Prefect server that the suite shares. */
    readonly prefectApiUrl: string;
  }
}

/** One real Prefect server for all end-to-end tests: each test has a work pool of its own. */
export default async function startServer(project: TestProject): Promise<() => Promise<void>> {
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
      PREFECT_SERVER_LOGGING_LEVEL: 'WARNING',
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
  project.provide('prefectApiUrl', apiUrl);
  return async () => {
    await server[Symbol.asyncDispose]();
    await rm(home, { recursive: true, force: true, maxRetries: 5 });
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => {
        if (address === null || typeof address === 'string') reject(new Error('no port'));
        else resolve(address.port);
      });
    });
  });
}
