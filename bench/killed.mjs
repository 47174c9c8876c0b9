// Measures how long a killed worker's task stays unfollowed, in real processes. Build first. A
// worker is killed (SIGKILL) while its task runs. Another one with a random name and default
// settings already runs, or starts five seconds later. Exits with 1 when that one did not follow
// the task within four minutes. real-prefect.mjs starts the server.
// Usage: node bench/killed.mjs [TIMES]
import { setTimeout as sleep } from 'node:timers/promises';
import { bundled } from './bundled.mjs';
import { engineExecutor, startPrefect, until } from './real-prefect.mjs';

const times = Number(process.argv[2] ?? 1);
const boundSeconds = 240;
const story = { bootMs: 1_000, runsForMs: 3_600_000 };

const local = await bundled('restarts');
const never = new AbortController();
const prefect = await startPrefect('killed');
const clock = local.systemClock;
const random = local.seededRandom(1);
const engine = new local.SimulatedEngine({ clock, random, fetch: (url, init) => fetch(url, init) });
const aws = new local.LocalAws({ clock, random, executor: engineExecutor(engine, story) });
const awsServer = await local.serveOnLoopback((request) => aws.handle(request), {}, never.signal);

let isLate = false;
try {
  for (let time = 1; time <= times; time += 1)
    for (const when of ['beside', '5 s later']) {
      const seconds = await secondsUnfollowed(when);
      isLate ||= seconds > boundSeconds;
      console.log(
        `${seconds <= boundSeconds ? 'ok    ' : 'LATE  '} other worker ${when}: ${seconds.toFixed(0)} s`,
      );
    }
} finally {
  never.abort();
  prefect[Symbol.dispose]();
}
process.exit(isLate ? 1 : 0);

async function secondsUnfollowed(when) {
  const pool = `killed-${Date.now()}`;
  const startWorker = () =>
    prefect.startWorker(['--pool', pool], { AWS_ENDPOINT_URL: awsServer.url });
  const first = startWorker();
  const deployment = await prefect.deploy(pool);
  const run = await prefect.schedule(deployment);
  const read = () => prefect.call('GET', `/flow_runs/${run}`);
  await until('it runs', async () => (await read()).state_type === 'RUNNING');
  const follower = async () => (await read()).labels['prefect.ecs.follower'];
  const before = await follower();
  let second = when === 'beside' ? startWorker() : undefined;
  if (second !== undefined) await sleep(60_000);
  first.kill('SIGKILL');
  const killedMs = Date.now();
  if (second === undefined) {
    await sleep(5_000);
    second = startWorker();
  }
  await until('it is followed again', async () => (await follower()) !== before, 20 * 60_000);
  second.kill('SIGKILL');
  return (Date.now() - killedMs) / 1000;
}
