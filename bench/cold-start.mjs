// Measures cold start (process start to first poll) and idle resident memory of our worker and the
// Python worker, both against one Prefect stand-in. Build first; the Python worker is .venv's.
// Usage: node bench/cold-start.mjs [SECONDS IDLE]
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../scripts/lib/project.mjs';

const idleSeconds = Number(process.argv[2] ?? 60);
const rounds = 5;
const template = JSON.parse(
  readFileSync(join(root, 'test/vectors/cases/templates/python-newest.json'), 'utf8'),
);
const pool = {
  id: '11111111-1111-4111-8111-111111111111',
  created: '2026-01-01T00:00:00Z',
  updated: '2026-01-01T00:00:00Z',
  name: 'bench',
  type: 'ecs',
  base_job_template: template,
  is_paused: false,
  default_queue_id: '22222222-2222-4222-8222-222222222222',
  storage_configuration: {},
};

let polled = () => undefined;

/** Answers the requests of an idle worker, and reports its polls. */
const server = createServer((request, response) => {
  const answer = (status, body) =>
    response
      .writeHead(status, { 'content-type': 'application/json' })
      .end(body === undefined ? '' : JSON.stringify(body));
  if (request.url.endsWith('/get_scheduled_flow_runs')) {
    polled();
    answer(200, []);
  } else if (request.url.endsWith('/heartbeat')) answer(204);
  else if (request.url.includes('/csrf-token'))
    answer(422, { detail: 'CSRF protection is disabled.' });
  else if (request.url.endsWith('/filter')) answer(200, []);
  else if (request.url.endsWith('/admin/version')) answer(200, '3.8.8');
  else if (request.url.includes('/work_pools/')) answer(200, pool);
  else answer(404, { detail: 'Not Found' });
});
server.on('upgrade', (_request, socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'));
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const apiUrl = `http://127.0.0.1:${server.address().port}/api`;

const workers = {
  ours: [
    process.execPath,
    [join(root, 'dist/main.js'), 'worker', 'start', '--pool', 'bench', '--type', 'ecs'],
  ],
  python: [
    join(root, '.venv/bin/prefect'),
    ['worker', 'start', '--pool', 'bench', '--type', 'ecs'],
  ],
};

for (const [name, [command, args]] of Object.entries(workers)) {
  const starts = [];
  let memory;
  for (let round = 1; round <= rounds; round += 1) {
    const isLast = round === rounds;
    const { startMs, residentMiB } = await measure(command, args, isLast ? idleSeconds : 0);
    starts.push(startMs);
    memory = residentMiB ?? memory;
  }
  starts.sort((one, other) => one - other);
  const median = starts[Math.floor(rounds / 2)];
  process.stdout.write(
    `${name}: first poll after ${median.toFixed(0)} ms (median of ${rounds}; ${starts.map((ms) => ms.toFixed(0)).join(', ')}), ` +
      `${memory} MiB resident after ${idleSeconds} s idle\n`,
  );
}
server.close();
server.closeAllConnections();

async function measure(command, args, idle) {
  const home = mkdtempSync(join(tmpdir(), 'prefect-ecs-bench-'));
  const firstPoll = new Promise((resolve) => {
    polled = resolve;
  });
  const startedMs = performance.now();
  const child = spawn(command, args, {
    stdio: 'ignore',
    env: {
      PATH: process.env.PATH,
      HOME: home,
      PREFECT_HOME: home,
      PREFECT_API_URL: apiUrl,
      AWS_DEFAULT_REGION: 'us-east-1',
    },
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  await firstPoll;
  const startMs = performance.now() - startedMs;
  await sleep(idle * 1000);
  const residentMiB = idle === 0 ? undefined : residentOf(child.pid);
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
  await ended;
  clearTimeout(timer);
  rmSync(home, { recursive: true, force: true });
  return { startMs, residentMiB };
}

function residentOf(pid) {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(kibibytes) / 1024);
}
