// Restarts the worker against a real Prefect server. Build first. RUNS runs (200) fail once and are
// retried by their own process. Meanwhile the worker is killed and restarted three times, and reads
// of Prefect take 300 ms. Engines are simulated, so that executions of user code can be counted.
// Exits with 1 when a run ended otherwise than its story, ran more often than its retries allow, or
// lost its result. real-prefect.mjs starts the server.
// Usage: node bench/restarts.mjs [RUNS]
import { once } from 'node:events';
import { createServer, request as httpRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundled } from './bundled.mjs';
import { engineExecutor, startPrefect, until } from './real-prefect.mjs';

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
const never = new AbortController();
const prefect = await startPrefect('restarts');
const { call, port } = prefect;
const proxyPort = await slowProxy();
const clock = local.systemClock;
const random = local.seededRandom(1);
const engine = new local.SimulatedEngine({ clock, random, fetch: (url, init) => fetch(url, init) });
const aws = new local.LocalAws({
  clock,
  random,
  executor: engineExecutor(engine, story),
  delays: { provisioning: 20_000 },
});
const awsServer = await local.serveOnLoopback((request) => aws.handle(request), {}, never.signal);

const pool = `restarts-${Date.now()}`;
let failures = 0;
try {
  const workerOf = () =>
    prefect.startWorker(['--pool', pool, '--name', 'restarted'], {
      PREFECT_API_URL: `http://127.0.0.1:${proxyPort}/api`,
      AWS_ENDPOINT_URL: awsServer.url,
      PREFECT_WORKER_QUERY_SECONDS: '2',
    });
  let worker = workerOf();
  const deployment = await prefect.deploy(pool);
  const runs = [];
  const scheduling = (async () => {
    while (runs.length < count) {
      const made = Array.from({ length: Math.min(5, count - runs.length) }, () =>
        prefect.schedule(deployment),
      );
      runs.push(...(await Promise.all(made)));
    }
  })();
  for (const share of [0.3, 0.6, 0.9]) {
    await until(
      'enough tasks were started',
      async () => aws.tasks().length >= share * count,
      600_000,
      100,
    );
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
  await sleep(60_000); // late reports have arrived by then
  const wrong = {
    'not Completed': 0,
    'user code ran more than twice': 0,
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
    if (executions > 2) wrong['user code ran more than twice'] += 1;
    if (executions < 2) wrong['not retried'] += 1;
    if (aws.tasks().filter((task) => task.startedBy?.includes(run)).length > 1)
      wrong['launched twice'] += 1;
    if (history.at(-1)?.data?.storage_key !== result.storage_key) wrong['result lost'] += 1;
    if (completions.length > 1) wrong['completed twice'] += 1;
  }
  for (const [what, runsOfIt] of Object.entries(wrong)) {
    console.log(`${runsOfIt === 0 ? 'ok    ' : 'WRONG '} ${what}: ${runsOfIt} of ${count}`);
    failures += runsOfIt;
  }
} finally {
  never.abort();
  prefect[Symbol.dispose]();
}
process.exit(failures === 0 ? 0 : 1);

/** Starts a proxy for the worker that delays reads. */
async function slowProxy() {
  const server = createServer(async (incoming, answer) => {
    const isRead = incoming.method === 'GET' || incoming.url.endsWith('/filter');
    if (isRead) await sleep(slowMs);
    const onward = httpRequest(
      {
        host: '127.0.0.1',
        port,
        path: incoming.url,
        method: incoming.method,
        headers: incoming.headers,
      },
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

function isFinal(state) {
  return ['COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED'].includes(state?.type);
}
