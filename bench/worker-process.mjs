// Measures CPU and memory of the worker's process as the kernel counts them. Build first. The
// worker launches 500 runs at once, then follows TASKS tasks (10,000 take 9 minutes to launch at
// AWS's rates) for ten minutes, the longest interval of its periodic work. The local servers run in
// this process and do not count. Exits with 1 when a limit is missed.
// Usage: node bench/worker-process.mjs [TASKS]
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { bundled } from './bundled.mjs';
import { localWorker } from './local-worker.mjs';

const followed = Number(process.argv[2] ?? 10_000);
const submitted = Math.min(500, followed);
const watchedSeconds = 600;

const servers = await bundled('worker-process');

const never = new AbortController().signal;
const clock = servers.systemClock;
const random = servers.seededRandom(1);
const prefect = new servers.LocalPrefect({ clock, random });
const executor = new servers.ScriptExecutor({ clock, story: () => ({}) });
const aws = new servers.LocalAws({ clock, random, executor, rateLimits: true });
const template = structuredClone(servers.defaultBaseJobTemplate);
template.variables.properties.env.default = Object.fromEntries(
  Array.from({ length: 20 }, (_, at) => [`SETTING_${at}`, `value ${at}`]),
);
prefect.createPool('bench', { baseJobTemplate: template });
const deployment = prefect.createDeployment({ pool: 'bench' });
const prefectServer = await servers.serveOnLoopback(
  (request) => prefect.handle(request),
  { sockets: (upgrade) => prefect.upgrade(upgrade) },
  never,
);
const awsServer = await servers.serveOnLoopback((request) => aws.handle(request), {}, never);

const { worker, end } = localWorker({ prefectUrl: prefectServer.url, awsUrl: awsServer.url });

let missed = 0;
const tell = (what, value, unit, most) => {
  const isGood = value < most;
  if (!isGood) missed += 1;
  console.log(
    `${isGood ? 'ok    ' : 'MISSED'} ${what.padEnd(44)} ${value.toFixed(1)} ${unit} (< ${most})`,
  );
};

try {
  await sleep(5_000);
  const idle = usage();
  console.log(`idle: ${idle.residentMb.toFixed(0)} MB resident`);
  schedule(submitted);
  await until(() => aws.runningTasks().length >= submitted);
  await sleep(5_000); // the calls to Prefect beside and after RunTask
  const launched = usage();
  tell('CPU of a submission', (launched.cpuMs - idle.cpuMs) / submitted, 'ms', 8);
  tell(`peak memory of ${submitted} submissions`, launched.peakMb, 'MB', 120);
  schedule(followed - submitted);
  await until(() => aws.runningTasks().length >= followed);
  await sleep(30_000);
  const before = usage();
  let mostMb = 0;
  for (let second = 0; second < watchedSeconds; second += 1) {
    await sleep(1_000);
    mostMb = Math.max(mostMb, usage().residentMb);
  }
  const after = usage();
  console.log(`at the end: ${after.residentMb.toFixed(0)} MB resident`);
  tell(`most memory while ${followed} are followed`, mostMb, 'MB', 250);
  const share = (after.cpuMs - before.cpuMs) / (watchedSeconds * 10);
  tell(`CPU while ${followed} are followed`, share, '% of a core', 5);
} finally {
  await end();
  await prefectServer.close();
  await awsServer.close();
  await aws[Symbol.asyncDispose]();
  await prefect[Symbol.asyncDispose]();
}
process.exitCode = missed === 0 ? 0 : 1;

function schedule(count) {
  for (let at = 0; at < count; at += 1) prefect.schedule(deployment);
}

async function until(isSo) {
  while (!isSo()) {
    if (worker.exitCode !== null) throw new Error(`the worker ended with ${worker.exitCode}`);
    await sleep(1_000);
  }
}

/** The worker's CPU time and memory so far: `proc_pid_stat(5)`, `proc_pid_status(5)`. */
function usage() {
  const fields = readFileSync(`/proc/${worker.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  const status = readFileSync(`/proc/${worker.pid}/status`, 'utf8');
  const mb = (name) =>
    (Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(status)?.[1]) * 1024) / 1e6;
  return { cpuMs: ticks * 10, residentMb: mb('VmRSS'), peakMb: mb('VmHWM') };
}
