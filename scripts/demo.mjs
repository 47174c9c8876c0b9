// npm run demo: shows three flow runs on a real Prefect server, our worker and the local ECS. Needs
// Node, npm and Python with venv; it installs and builds the rest. Ctrl-C removes everything;
// --keep keeps the servers running after the runs.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, styleText } from 'node:util';
import { build, installPackages, installReferenceEnvironment, root } from './lib/project.mjs';

const pool = 'demo';
const flowFolder = join(root, 'scripts', 'demo');

const runs = [
  {
    flow: 'weather',
    title: 'three task runs, with their logs in Prefect',
    expected: 'COMPLETED',
    jobVariables: {},
  },
  { flow: 'division', title: 'fails in user code', expected: 'FAILED', jobVariables: {} },
  {
    flow: 'never_reached',
    title: 'its container dies before it reaches Prefect',
    expected: 'CRASHED',
    jobVariables: { command: "sh -c 'echo no disk left; exit 3'" },
  },
];
const finalTypes = ['COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED'];

const stopping = new AbortController();
const startedMs = Date.now();
let dev;

const isPlain = process.stdout.isTTY !== true;
const paint = (style, text) => (isPlain ? text : styleText(style, text));
const say = (text = '') => process.stdout.write(`${text}\n`);
const clock = () => `${((Date.now() - startedMs) / 1000).toFixed(1).padStart(5)} s`;
const pause = (ms) => sleep(ms, undefined, { signal: stopping.signal }).catch(() => undefined);

async function demo() {
  const { values } = parseArgs({
    options: {
      keep: { type: 'boolean', default: false },
      verbose: { type: 'boolean', default: false },
    },
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => stopping.abort());
  await installPackages();
  await installReferenceEnvironment();
  await build();
  if (stopping.signal.aborted) return 130;

  say(`\n${paint('bold', 'Starting a Prefect server, a local ECS and a worker')} on 127.0.0.1 ...`);
  dev = startDev(values.verbose);
  const { PREFECT_API_URL: apiUrl, PREFECT_API_AUTH_STRING: authString } = await dev.ready;
  const pages = apiUrl.replace(/\/api$/, '');
  say(`${clock()}  ready. Prefect's pages: ${paint('cyan', pages)}`);
  if (values.keep) say(`         They ask for a password once: ${paint('cyan', authString)}`);
  say();
  const api = apiClient(apiUrl, authString);
  await untilPool(api);

  const watched = [];
  const add = async (run) => {
    const scheduled = { ...run, ...(await schedule(api, run)), seen: '' };
    watched.push(scheduled);
    say(`${clock()}  ${label(scheduled)} Scheduled: ${run.title}`);
  };
  const [first, ...others] = runs;
  await add(first);
  await follow(api, watched, ([run]) => run.type === 'RUNNING' || finalTypes.includes(run.type));
  for (const run of others) await add(run);
  await follow(api, watched, (all) => all.every((run) => finalTypes.includes(run.type)));
  if (stopping.signal.aborted) return 130;
  await showLogs(api, watched);
  const ok = summary(watched, pages);
  if (values.keep) {
    say(
      `\nThe servers keep running at ${paint('cyan', pages)}: deploy to the work pool '${pool}', ` +
        'look around. Ctrl-C stops everything.',
    );
    await Promise.race([
      dev.ended,
      new Promise((resolve) => stopping.signal.addEventListener('abort', resolve, { once: true })),
    ]);
  }
  return ok ? 0 : 1;
}

/** Starts `prefect-ecs dev` in its own process group. It ends its own children. */
function startDev(verbose) {
  const image = `prefecthq/prefect:*=${join(root, '.venv')}`;
  const command = [
    join(root, 'dist', 'main.js'),
    'dev',
    '--prefect-server',
    '--json',
    '--pool',
    pool,
    '--image',
    image,
  ];
  const child = spawn(process.execPath, command, {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines = [];
  let tell;
  const ready = new Promise((resolve, reject) => {
    tell = resolve;
    child.once('close', (code) =>
      reject(new Error(`The servers exited with code ${code}:\n${lines.slice(-30).join('\n')}`)),
    );
  });
  createInterface({ input: child.stdout }).on('line', (line) => tell(JSON.parse(line)));
  createInterface({ input: child.stderr }).on('line', (line) => {
    lines.push(line);
    if (verbose) say(paint('dim', line));
  });
  const ended = new Promise((resolve) => child.once('close', resolve));
  return {
    ready: Promise.race([ready, untilStopped()]),
    ended,
    async stop() {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 20_000);
      await ended;
      clearTimeout(timer);
    },
  };
}

function untilStopped() {
  return new Promise((_, reject) =>
    stopping.signal.addEventListener('abort', () => reject(new Error('stopped')), { once: true }),
  );
}

function apiClient(apiUrl, authString) {
  const authorization = `Basic ${Buffer.from(authString).toString('base64')}`;
  return async (path, body) => {
    for (let attempt = 1; ; attempt += 1) {
      const response = await fetch(`${apiUrl}${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization },
        body: JSON.stringify(body),
        signal: stopping.signal,
      });
      if (response.ok) return response.status === 204 ? undefined : response.json();
      // A server on SQLite answers 503 while its database is locked, so try again.
      if (response.status !== 503 || attempt > 20)
        throw new Error(`${path}: ${response.status} ${await response.text()}`);
      await pause(250);
    }
  };
}

/** Waits for the pool, which the worker creates at its start. */
async function untilPool(api) {
  for (let waitedMs = 0; waitedMs < 60_000; waitedMs += 200) {
    const pools = await api('/work_pools/filter', {});
    if (pools.some(({ name }) => name === pool)) return;
    await pause(200);
  }
  throw new Error(
    `The worker did not create work pool '${pool}'. Run the demo with --verbose to see why.`,
  );
}

async function schedule(api, { flow, jobVariables }) {
  const { id: flow_id } = await api('/flows/', { name: flow.replaceAll('_', '-') });
  const { id } = await api('/deployments/', {
    name: 'demo',
    flow_id,
    work_pool_name: pool,
    entrypoint: `flows.py:${flow}`,
    pull_steps: [{ 'prefect.deployments.steps.set_working_directory': { directory: flowFolder } }],
    job_variables: { task_watch_poll_interval: 1, ...jobVariables },
  });
  const run = await api(`/deployments/${id}/create_flow_run`, { state: { type: 'SCHEDULED' } });
  return { id: run.id, name: run.name };
}

/** Shows each change of state until `isDone` returns true. */
async function follow(api, watched, isDone) {
  while (!stopping.signal.aborted && !isDone(watched)) {
    const ids = watched.map(({ id }) => id);
    const found = await api('/flow_runs/filter', { flow_runs: { id: { any_: ids } } });
    for (const run of watched) {
      const now = found.find(({ id }) => id === run.id);
      if (now === undefined || now.state_name === run.seen) continue;
      Object.assign(run, {
        seen: now.state_name,
        type: now.state_type,
        message: now.state?.message,
      });
      if (run.seen !== 'Scheduled')
        say(`${clock()}  ${label(run)} ${paint(colourOf(run.type), run.seen)}${note(run)}`);
    }
    await pause(200);
  }
}

const label = (run) => `${run.flow.replaceAll('_', '-').padEnd(13)} ${run.name.padEnd(22)}`;
const note = (run) =>
  finalTypes.includes(run.type) && run.message ? `: ${run.message.split('\n')[0]}` : '';
const colours = { COMPLETED: 'green', FAILED: 'red', CRASHED: 'yellow', RUNNING: 'cyan' };
const colourOf = (type) => colours[type] ?? 'reset';

async function showLogs(api, [first]) {
  await pause(1500); // the last log lines arrive in a batch
  const logs = await api('/logs/filter', {
    logs: { flow_run_id: { any_: [first.id] } },
    sort: 'TIMESTAMP_ASC',
    limit: 50,
  });
  say(`\n${paint('bold', `The log of '${first.name}' in Prefect:`)}`);
  for (const { name, message } of logs)
    say(`  ${paint('dim', name.replace('prefect.', '').padEnd(16))} ${message.split('\n')[0]}`);
}

function summary(watched, pages) {
  say(`\n${paint('bold', 'Summary')}`);
  for (const run of watched) {
    const ok = run.type === run.expected;
    say(
      `  ${ok ? paint('green', 'as expected') : paint('red', `expected ${run.expected}`)}  ${label(run)} ${run.type}`,
    );
    say(`               ${pages}/runs/flow-run/${run.id}`);
  }
  return watched.every((run) => run.type === run.expected);
}

try {
  process.exitCode = await demo();
} catch (error) {
  if (!stopping.signal.aborted) {
    process.stderr.write(
      `${error instanceof Error ? error.message : String(error)}\n${error.output ?? ''}`,
    );
    process.exitCode = 1;
  } else process.exitCode = 130;
} finally {
  await dev?.stop();
}
