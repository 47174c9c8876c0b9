// Shared by benches that run real processes against a real Prefect server. PREFECT_COMMAND chooses
// the server (default: .venv's), DATABASE_URL its database (postgresql+asyncpg://..., default:
// SQLite).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createPlainServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../scripts/lib/project.mjs';

const { DATABASE_URL: database, PREFECT_COMMAND: command = join(root, '.venv/bin/prefect') } =
  process.env;

/** Starts the server and waits until it answers. Disposing of it ends all its processes. */
export async function startPrefect(name) {
  const home = mkdtempSync(join(tmpdir(), `prefect-ecs-${name}-`));
  const children = [];
  const start = (executable, args, environment, stdio = 'ignore') => {
    const child = spawn(executable, args, {
      stdio,
      env: { PATH: process.env.PATH, ...environment },
    });
    children.push(child);
    return child;
  };
  const port = await freePort();
  const apiUrl = `http://127.0.0.1:${port}/api`;
  start(command, ['server', 'start', '--host', '127.0.0.1', '--port', String(port)], {
    PREFECT_HOME: home,
    PREFECT_API_URL: apiUrl,
    PREFECT_SERVER_ANALYTICS_ENABLED: 'false',
    PREFECT_SERVER_LOGGING_LEVEL: 'WARNING',
    ...(database !== undefined && {
      PREFECT_SERVER_DATABASE_CONNECTION_URL: database,
      PREFECT_API_DATABASE_CONNECTION_URL: database,
    }),
  });
  const isUp = async () => (await fetch(`${apiUrl}/health`).catch(() => undefined))?.ok === true;
  await until('Prefect answers', isUp);
  const call = (method, path, body) => callApi(apiUrl, method, path, body);
  const version = await call('GET', '/admin/version');
  console.log(`Prefect ${version} on ${database === undefined ? 'SQLite' : 'PostgreSQL'}`);
  return {
    apiUrl,
    port,
    home,
    call,
    /** Starts a worker's process with its own settings. */
    startWorker: (args, environment, stdio) =>
      start(
        process.execPath,
        [join(root, 'dist/main.js'), 'worker', 'start', ...args],
        {
          HOME: home,
          PREFECT_HOME: home,
          PREFECT_API_URL: apiUrl,
          AWS_DEFAULT_REGION: 'us-east-1',
          AWS_ACCESS_KEY_ID: '123456789012',
          AWS_SECRET_ACCESS_KEY: 'x',
          PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_ENABLED: 'false',
          ...environment,
        },
        stdio,
      ),
    async deploy(pool) {
      await until(
        'the pool is there',
        async () => (await fetch(`${apiUrl}/work_pools/${pool}`)).ok,
      );
      const flow = await call('POST', '/flows/', { name: pool });
      return call('POST', '/deployments/', {
        name: pool,
        flow_id: flow.id,
        work_pool_name: pool,
        job_variables: { env: { PREFECT_API_URL: apiUrl } },
      });
    },
    schedule: async ({ id }) =>
      (await call('POST', `/deployments/${id}/create_flow_run`, { state: { type: 'SCHEDULED' } }))
        .id,
    [Symbol.dispose]() {
      for (const child of children) child.kill('SIGKILL');
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Runs each container as a simulated engine that plays `story`. */
export function engineExecutor(engine, story) {
  return {
    start: (plan) =>
      Promise.resolve({
        kind: 'started',
        containers: plan.containers.map((container) => ({
          name: container.name,
          ...engine.start(container.environment, story),
        })),
        cleanUp: () => Promise.resolve(),
      }),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

export async function until(what, isSo, withinMs = 180_000, everyMs = 500) {
  for (const endMs = Date.now() + withinMs; Date.now() < endMs; await sleep(everyMs))
    if (await isSo()) return;
  throw new Error(`timed out waiting until ${what}`);
}

async function freePort() {
  const probe = createPlainServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port: free } = probe.address();
  probe.close();
  return free;
}

async function callApi(apiUrl, method, path, body) {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await fetch(apiUrl + path, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }).catch(() => undefined);
    if (answer?.ok) return answer.json();
    if (attempt >= 20)
      throw new Error(`${method} ${path}: ${answer?.status} ${await answer?.text()}`);
    await sleep(1_000);
  }
}
