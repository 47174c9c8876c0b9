// Restarts of the worker against a real Prefect server: node bench/restarts.mjs [RUNS]. Build first.
// RUNS runs (200) fail once and are retried by their own process; the worker is killed and started again three times while
// they start, and reads of Prefect take 300 ms. Engines are simulated, so that user code is counted; the server is
// .venv's, or that of PREFECT_COMMAND, on the database of DATABASE_URL (postgresql+asyncpg://...), else on SQLite.
// Ends with 1 when a run did not end as its story says, ran more often than its retries say, or lost its result.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import { createServer as createPlainServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../scripts/lib/project.mjs';
import { bundled } from './bundled.mjs';

const count = Number(process.argv[2] ?? 200);
const slowMs = 300;
const result = {
  type: 'kept',
  storage_key: 'result',
  storage_block_id: null,
  expiration: null,
  serializer: { type: 'pickle' },
};
const story = {
  bootMs: 2_000,
  runsForMs: 3_000,
  retries: 2,
  retryDelaySeconds: 20,
  ending: { kind: 'fails', attempts: 1 },
  result,
};

const local = await bundled('restarts');
const home = mkdtempSync(join(tmpdir(), 'prefect-ecs-restarts-'));
const children = [];
const never = new AbortController();

const port = await freePort();
const apiUrl = `http://127.0.0.1:${port}/api`;
const { DATABASE_URL: database, PREFECT_COMMAND: command = join(root, '.venv/bin/prefect') } = process.env;
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
await until(
  'Prefect answers',
  async () => (await fetch(`${apiUrl}/health`).catch(() => undefined))?.ok === true,
);
const version = await call('GET', '/admin/version');
console.log(`Prefect ${version} on ${database === undefined ? 'SQLite' : 'PostgreSQL'}, ${count} runs`);

const proxyPort = await slowProxy();
const clock = local.systemClock;
const random = local.seededRandom(1);
const engine = new local.SimulatedEngine({ clock, random, fetch: (url, init) => fetch(url, init) });
const aws = new local.LocalAws({
  clock,
  random,
  executor: engineExecutor(),
  delays: { provisioning: 20_000 },
});
const awsServer = await local.serveOnLoopback((request) => aws.handle(request), {}, never.signal);

const pool = `restarts-${Date.now()}`;
let failures = 0;
try {
  const workerOf = () =>
    start(
      process.execPath,
      [join(root, 'dist/main.js'), 'worker', 'start', '--pool', pool, '--name', 'restarted'],
      {
        HOME: home,
        PREFECT_HOME: home,
        PREFECT_API_URL: `http://127.0.0.1:${proxyPort}/api`,
        AWS_DEFAULT_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: '123456789012',
        AWS_SECRET_ACCESS_KEY: 'x',
        AWS_ENDPOINT_URL: awsServer.url,
        PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_ENABLED: 'false',
        PREFECT_WORKER_QUERY_SECONDS: '2',
      },
    );
  let worker = workerOf();
  await until('the pool is there', async () => (await fetch(`${apiUrl}/work_pools/${pool}`)).ok);
  const flow = await call('POST', '/flows/', { name: pool });
  const deployment = await call('POST', '/deployments/', {
    name: pool,
    flow_id: flow.id,
    work_pool_name: pool,
    job_variables: { env: { PREFECT_API_URL: apiUrl } },
  });
  const runs = [];
  const scheduling = (async () => {
    while (runs.length < count) {
      const made = Array.from({ length: Math.min(5, count - runs.length) }, () =>
        call('POST', `/deployments/${deployment.id}/create_flow_run`, { state: { type: 'SCHEDULED' } }),
      );
      runs.push(...(await Promise.all(made)).map(({ id }) => id));
    }
  })();
  for (const share of [0.3, 0.6, 0.9]) {
    await until('enough tasks were started', async () => aws.tasks().length >= share * count, 600_000, 100);
    worker.kill('SIGKILL');
    console.log(`killed with ${aws.tasks().length} tasks started`);
    await sleep(2_000);
    worker = workerOf();
  }
  await scheduling;
  const states = new Map();
  await until(
    'all runs have ended',
    async () => {
      for (const run of runs.filter((id) => !isFinal(states.get(id))))
        states.set(run, (await call('GET', `/flow_runs/${run}`)).state);
      return runs.every((id) => isFinal(states.get(id)));
    },
    20 * 60_000,
    5_000,
  );
  await sleep(60_000); // what is late is told by then
  const wrong = {
    'not Completed': 0,
    'user code ran twice as often or more': 0,
    'not retried': 0,
    'launched twice': 0,
    'result lost': 0,
    'completed twice': 0,
  };
  for (const run of runs) {
    const history = await call('GET', `/flow_run_states/?flow_run_id=${run}`);
    const { state } = await call('GET', `/flow_runs/${run}`);
    const executions = engine.executionsOf(run).length;
    const completions = history.filter(({ type }) => type === 'COMPLETED');
    if (state.type !== 'COMPLETED') wrong['not Completed'] += 1;
    if (executions > 2) wrong['user code ran twice as often or more'] += 1;
    if (executions < 2) wrong['not retried'] += 1;
    if (aws.tasks().filter((task) => task.startedBy?.includes(run)).length > 1) wrong['launched twice'] += 1;
    if (history.at(-1)?.data?.storage_key !== result.storage_key) wrong['result lost'] += 1;
    if (completions.length > 1) wrong['completed twice'] += 1;
  }
  for (const [what, runsOfIt] of Object.entries(wrong)) {
    console.log(`${runsOfIt === 0 ? 'ok    ' : 'WRONG '} ${what}: ${runsOfIt} of ${count}`);
    failures += runsOfIt;
  }
} finally {
  never.abort();
  for (const child of children) child.kill('SIGKILL');
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
}
process.exit(failures === 0 ? 0 : 1);

function start(executable, args, environment) {
  const child = spawn(executable, args, { stdio: 'ignore', env: { PATH: process.env.PATH, ...environment } });
  children.push(child);
  return child;
}

/** Runs each container as a simulated engine. */
function engineExecutor() {
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

/** In front of the server, for the worker: reads take their time. */
async function slowProxy() {
  const server = createServer(async (incoming, answer) => {
    const isRead = incoming.method === 'GET' || incoming.url.endsWith('/filter');
    if (isRead) await sleep(slowMs);
    const onward = httpRequest(
      { host: '127.0.0.1', port, path: incoming.url, method: incoming.method, headers: incoming.headers },
      (response) => {
        answer.writeHead(response.statusCode, response.headers);
        response.pipe(answer);
      },
    );
    onward.on('error', () => answer.destroy());
    incoming.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  server.unref();
  return server.address().port;
}

async function freePort() {
  const probe = createPlainServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port: free } = probe.address();
  probe.close();
  return free;
}

async function call(method, path, body) {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await fetch(apiUrl + path, {
      method,
      headers: { 'content-type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }).catch(() => undefined);
    if (answer?.ok) return answer.json();
    if (attempt >= 20) throw new Error(`${method} ${path}: ${answer?.status} ${await answer?.text()}`);
    await sleep(1_000);
  }
}

async function until(what, isSo, withinMs = 180_000, everyMs = 500) {
  for (const endMs = Date.now() + withinMs; Date.now() < endMs; await sleep(everyMs))
    if (await isSo()) return;
  throw new Error(`waited in vain until ${what}`);
}

function isFinal(state) {
  return ['COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED'].includes(state?.type);
}
