// Measures the local AWS under load, in process and on the manual clock. Times are CPU times, so
// other load on the machine does not count. Exits with 1 when a limit is missed.
// Usage: node --expose-gc bench/local-aws.mjs [TASKS]
import { bundled } from './bundled.mjs';

const count = Number(process.argv[2] ?? 10_000);
const { LocalAws, ManualClock, ScriptExecutor, seededRandom } = await bundled('local-aws');

const clock = new ManualClock();
const random = seededRandom(1);
// A task runs for half an hour and writes a line every five minutes.
const lines = Array.from({ length: 6 }, (_, at) => ({ afterMs: at * 300_000, text: `line ${at}` }));
const executor = new ScriptExecutor({
  clock,
  story: () => ({ runsMs: 1_800_000, exitCode: 0, lines }),
});
const aws = new LocalAws({ clock, random, executor });
const send = async (operation, body) => {
  const response = await aws.handle(
    new Request('http://127.0.0.1/', {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `AmazonEC2ContainerServiceV20141113.${operation}`,
      },
      body,
    }),
  );
  const text = await response.text();
  if (response.status !== 200) throw new Error(`${operation}: ${text}`);
  return text;
};
const ecs = async (operation, input) => JSON.parse(await send(operation, JSON.stringify(input)));

await ecs('RegisterTaskDefinition', {
  family: 'job',
  cpu: '256',
  memory: '512',
  networkMode: 'awsvpc',
  requiresCompatibilities: ['FARGATE'],
  containerDefinitions: [{ name: 'main', image: 'example/job:1' }],
});
const environment = Array.from({ length: 20 }, (_, at) => ({
  name: `PREFECT_${at}`,
  value: `value ${at}`,
}));
const requestFor = (at) => ({
  taskDefinition: 'job',
  launchType: 'FARGATE',
  clientToken: `token-${at}`,
  startedBy: `prefect/${at}`,
  networkConfiguration: {
    awsvpcConfiguration: { subnets: ['subnet-1'], assignPublicIp: 'ENABLED' },
  },
  overrides: { containerOverrides: [{ name: 'main', command: ['run', String(at)], environment }] },
  tags: [{ key: 'prefect.io/flow-run-id', value: String(at) }],
});

const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const memory = () => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};
let missed = 0;
const tell = (what, value, unit, isGood) => {
  if (!isGood) missed += 1;
  console.log(`${isGood ? 'ok    ' : 'MISSED'} ${what.padEnd(40)} ${value.toFixed(2)} ${unit}`);
};

const heapBefore = memory();
const arns = [];
let started = cpuMs();
const answers = [];
for (let at = 0; at < count; at += 1)
  answers.push(await send('RunTask', JSON.stringify(requestFor(at))));
const perSecond = count / ((cpuMs() - started) / 1000);
for (const answer of answers.splice(0)) arns.push(JSON.parse(answer).tasks[0].taskArn);
tell('RunTask', perSecond, 'a second (> 500)', perSecond > 500);
await clock.elapse(60_000);
if (globalThis.gc !== undefined) {
  const each = (memory() - heapBefore) / count / 1024;
  tell('memory of a live task', each, 'KB (< 10)', each < 10);
}

const times = [];
for (let at = 0; at < 200; at += 1) {
  const from = (at * 100) % Math.max(1, count - 99);
  const body = JSON.stringify({ tasks: arns.slice(from, from + 100), include: ['TAGS'] });
  started = cpuMs();
  await send('DescribeTasks', body);
  times.push(cpuMs() - started);
}
times.sort((one, other) => one - other);
tell('DescribeTasks of 100, median', times[100], 'ms (< 5)', times[100] < 5);

started = cpuMs();
await clock.elapse(3_600_000);
const hour = (cpuMs() - started) / 1000;
tell(`a virtual hour of ${count} tasks`, hour, 's (< 30)', hour < 30);
if (aws.runningTasks().length > 0) throw new Error('tasks are still running');
await aws[Symbol.asyncDispose]();
process.exitCode = missed === 0 ? 0 : 1;
