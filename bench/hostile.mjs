// Measures what hostile answers of Prefect cost the worker's process. Build first. A server in
// front of the local Prefect answers every poll with too large a body. Memory is the kernel's peak
// of each phase: under 150 MB, and under 250 MB while an answer of the largest size is read. Exits
// with 1 when a limit is missed, or when runs that are scheduled meanwhile do not end.
// Usage: node bench/hostile.mjs [SECONDS A PHASE]
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { bundled } from './bundled.mjs';
import { localWorker } from './local-worker.mjs';

const secondsAPhase = Number(process.argv[2] ?? 20);
const megabyte = 1024 * 1024;
const {
  systemClock: clock,
  seededRandom,
  LocalPrefect,
  LocalAws,
  ScriptExecutor,
} = await bundled('hostile');
const random = seededRandom(1);
const prefect = new LocalPrefect({ clock, random });
const executor = new ScriptExecutor({ clock, story: () => ({}) });
const aws = new LocalAws({ clock, random, executor });
prefect.createPool('bench');
const deployment = prefect.createDeployment({ pool: 'bench' });

const bomb = gzipSync(Buffer.alloc(400 * megabyte));
const largest = Buffer.from(
  JSON.stringify([
    {
      work_queue_id: null,
      flow_run: { id: 'x', name: 7, parameters: 'x'.repeat(15.9 * megabyte) },
    },
  ]),
);
let polled = (_response) => false; // returns true if it has answered

const servers = await Promise.all([
  serve(
    (request) => prefect.handle(request),
    (url, response) => url.endsWith('/get_scheduled_flow_runs') && polled(response),
  ),
  serve(
    (request) => aws.handle(request),
    () => false,
  ),
]);
const [prefectUrl, awsUrl] = servers.map(({ url }) => url);
const { worker, end } = localWorker({
  prefectUrl,
  awsUrl,
  environment: { PREFECT_WORKER_QUERY_SECONDS: '1' },
});
let missed = 0;

try {
  await sleep(5_000);
  await phase('nothing hostile', 150, () => false);
  await phase('a gzip of 400 MB', 150, (response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' }).end(bomb);
    return true;
  });
  await phase('an answer without an end', 150, (response) => {
    const chunk = Buffer.alloc(64 * 1024, 'x');
    const more = () => {
      while (response.write(chunk));
    };
    response.on('drain', more);
    more();
    return true;
  });
  await phase('the largest answer that is read', 250, (response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(largest);
    return true;
  });
  const large = Array.from({ length: 60 }, () =>
    prefect.schedule(deployment, { parameters: { text: 'x'.repeat(megabyte / 2) } }),
  );
  await phase('60 runs with parameters of 0.5 MB', 250, () => false);
  for (let second = 0; second < 60 && large.some(isScheduled); second += 1) await sleep(1_000);
  const left = large.filter(isScheduled).length;
  tell('of these, runs not launched', left, '', 1);
} finally {
  await end();
  for (const server of servers) server.close();
  await aws[Symbol.asyncDispose]();
  await prefect[Symbol.asyncDispose]();
}
process.exitCode = missed === 0 ? 0 : 1;

function isScheduled(run) {
  return prefect.stateOf(run).type === 'SCHEDULED';
}

async function phase(what, mostMb, answers) {
  polled = answers;
  writeFileSync(`/proc/${worker.pid}/clear_refs`, '5'); // resets the peak, see proc(5)
  await sleep(secondsAPhase * 1_000);
  if (worker.exitCode !== null) throw new Error(`the worker ended with ${worker.exitCode}`);
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${worker.pid}/status`, 'utf8'))?.[1];
  tell(what, (Number(peak) * 1024) / 1e6, 'MB', mostMb);
}

function tell(what, value, unit, most) {
  if (value >= most) missed += 1;
  console.log(
    `${value < most ? 'ok    ' : 'MISSED'} ${what.padEnd(44)} ${value.toFixed(0)} ${unit} (< ${most})`,
  );
}

/** Serves without the local servers' own listener, which can only send whole texts. */
async function serve(handle, isAnswered) {
  const server = createServer(async (incoming, outgoing) => {
    const body = await text(incoming);
    if (isAnswered(incoming.url, outgoing)) return;
    const init = { method: incoming.method, headers: incoming.headers };
    const hasBody = incoming.method !== 'GET' && incoming.method !== 'HEAD';
    const answer = await handle(
      new Request(`http://local${incoming.url}`, { ...init, ...(hasBody && { body }) }),
    );
    outgoing.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
