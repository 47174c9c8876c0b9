// Measures what following costs the worker alone; Prefect and ECS are canned answers. Memory is the
// whole worker's with TASKS active runs. Time is CPU time and includes the SDK's parsing. Exits
// with 1 when a limit is missed.
// Usage: node --expose-gc bench/follow.mjs [TASKS]
import { Readable } from 'node:stream';
import { bundled } from './bundled.mjs';

const count = Number(process.argv[2] ?? 10_000);
const worker = await bundled('follow');
worker.setV8Flags(); // as the worker command does

const clock = new worker.ManualClock();
const random = worker.seededRandom(1);
const id = (kind, at) => `${kind}0000000-0000-4000-8000-${String(at).padStart(12, '0')}`;
const account = '123456789012';
const arnOf = (at) =>
  `arn:aws:ecs:us-east-1:${account}:task/default/${String(at).padStart(32, '0')}`;

const runDocument = (at) => ({
  id: id('a', at),
  name: `tidy-owl-${at}`,
  flow_id: id('f', 0),
  deployment_id: id('d', 0),
  work_queue_name: 'default',
  work_pool_name: 'pool',
  state_type: 'SCHEDULED',
  state_name: 'Scheduled',
  tags: ['nightly'],
  labels: { 'prefect.flow.id': id('f', 0) },
  parameters: { amount: 10, source: 's3://bucket/path/to/some/input.parquet', day: '2030-01-01' },
  job_variables: {},
  empirical_policy: {
    max_retries: 0,
    retry_delay_seconds: 0,
    retries: 0,
    retry_delay: 0,
    pause_keys: [],
  },
  created: '2030-01-01T00:00:00Z',
  updated: '2030-01-01T00:00:00Z',
  expected_start_time: '2030-01-01T00:00:00Z',
  next_scheduled_start_time: '2030-01-01T00:00:00Z',
});
const poolTemplate = structuredClone(worker.defaultBaseJobTemplate);
poolTemplate.variables.properties.aws_credentials.default = {
  aws_access_key_id: account,
  aws_secret_access_key: 'x',
  region_name: 'us-east-1',
};
poolTemplate.variables.properties.env.default = Object.fromEntries(
  Array.from({ length: 20 }, (_, at) => [`SETTING_${at}`, `value ${at}`]),
);
const pool = worker.WorkPool.parse({
  id: id('b', 0),
  name: 'pool',
  type: 'ecs',
  base_job_template: poolTemplate,
});
const deployment = worker.Deployment.parse({
  id: id('d', 0),
  name: 'nightly',
  job_variables: {},
  flow_id: id('f', 0),
});
const flow = worker.Flow.parse({ id: id('f', 0), name: 'etl' });

const scheduled = new Set(Array.from({ length: count }, (_, at) => id('a', at)));
const accepted = { kind: 'accepted', state: { type: 'PENDING', name: 'Pending', details: {} } };
const none = () => Promise.resolve(undefined);
const prefect = {
  readWorkPool: () => Promise.resolve(pool),
  updateWorkPool: none,
  sendHeartbeat: () => Promise.resolve({ workerId: undefined, isFirstAttempt: true }),
  readWorkers: () => Promise.resolve([]),
  deleteWorker: none,
  readScheduledFlowRuns: () => {
    const told = [...scheduled].slice(0, 200).map((one) => runDocument(Number(one.slice(-12))));
    const some = JSON.parse(JSON.stringify(told)).map((document) => ({
      workQueueId: undefined,
      flowRun: worker.FlowRun.parse(document),
    }));
    return Promise.resolve({ runs: some, isCut: false });
  },
  filterFlowRuns: ({ ids }) =>
    Promise.resolve({
      runs: (ids ?? []).map((one) => worker.FlowRun.parse(runDocument(Number(one.slice(-12))))),
      unreadable: new Map(),
      nameless: undefined,
    }),
  readFlowRun: (one) => Promise.resolve(worker.FlowRun.parse(runDocument(Number(one.slice(-12))))),
  readStateHistory: () => Promise.resolve([]),
  proposeState: (one) => {
    scheduled.delete(one);
    return Promise.resolve(accepted);
  },
  updateLabels: none,
  updateInfrastructurePid: none,
  readDeployment: () => Promise.resolve(deployment),
  readFlow: () => Promise.resolve(flow),
  readVariable: () => Promise.resolve({ kind: 'missing' }),
  writeLogs: none,
};

let launched = 0;
let looks = 0;
const variables = Array.from({ length: 46 }, (_, at) => ({
  name: `SETTING_${at}`,
  value: `value ${at}`,
}));
const taskOf = (taskArn) => ({
  taskArn,
  clusterArn: `arn:aws:ecs:us-east-1:${account}:cluster/default`,
  taskDefinitionArn: `arn:aws:ecs:us-east-1:${account}:task-definition/job:1`,
  lastStatus: 'RUNNING',
  desiredStatus: 'RUNNING',
  version: 4,
  createdAt: 1893456000.123,
  startedAt: 1893456010.123,
  containers: [
    { name: 'prefect', lastStatus: 'RUNNING', networkInterfaces: [], containerArn: `${taskArn}/c` },
  ],
  overrides: { containerOverrides: [{ name: 'prefect', environment: variables }] },
});
const tags = Array.from({ length: 11 }, (_, at) => ({
  key: `prefect.io/some-name-${at}`,
  value: id('c', at),
}));
const answers = new Map();
const answer = (target, body) => {
  if (target === 'RunTask')
    return JSON.stringify({ tasks: [{ ...taskOf(arnOf(launched++)), version: 1 }], failures: [] });
  if (target === 'DescribeTasks') {
    looks += 1;
    const known = answers.get(body);
    if (known !== undefined) return known;
    const { tasks, include = [] } = JSON.parse(body);
    const told = tasks.map((arn) => ({
      ...taskOf(arn),
      ...(include.includes('TAGS') && { tags }),
    }));
    const text = JSON.stringify({ tasks: told, failures: [] });
    if (clock.monotonicMs() > settledMs) answers.set(body, text);
    return text;
  }
  const taskDefinition = {
    taskDefinitionArn: `arn:aws:ecs:us-east-1:${account}:task-definition/job:1`,
  };
  return JSON.stringify({ taskDefinition });
};
let settledMs = Infinity;
const ec2 = (body) =>
  body.includes('DescribeVpcs')
    ? '<R><vpcSet><item><vpcId>vpc-1</vpcId></item></vpcSet></R>'
    : '<R><subnetSet><item><subnetId>subnet-1</subnetId></item></subnetSet></R>';
const network = {
  handle: (request) => {
    const target = request.headers['x-amz-target']?.split('.')[1];
    const sent = Buffer.from(request.body).toString();
    const text = target === undefined ? ec2(sent) : answer(target, sent);
    // a copy, since a socket makes one as well
    const body = Readable.from([Buffer.from(text)], { objectMode: false });
    return Promise.resolve({ response: { statusCode: 200, headers: {}, body } });
  },
  destroy: () => undefined,
};
const log = worker.silentLogger;
const aws = worker.createAws({
  settings: {
    region: 'us-east-1',
    endpointUrl: undefined,
    endpointUrls: {},
    caBundle: undefined,
    usesProxy: false,
  },
  clock,
  random,
  log,
  network,
});

const cpuMs = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const heap = () => {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};
let missed = 0;
const tell = (what, value, unit, isGood) => {
  if (!isGood) missed += 1;
  console.log(`${isGood ? 'ok    ' : 'MISSED'} ${what.padEnd(40)} ${value.toFixed(2)} ${unit}`);
};

// The product's own defaults, so that a later setting is included without a change here.
const settings = worker.runSettingsOf(
  worker.loadSettings({
    environment: {},
    workingDirectory: '/nowhere',
    homeDirectory: '/nowhere',
    readTextFile: () => undefined,
  }),
  10,
);
const stop = worker.sharedAbortController();
const never = (_one, signal) =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
const running = worker.runWorker(
  {
    name: 'bench',
    workPoolName: 'pool',
    workQueueNames: [],
    limit: undefined,
    createPoolIfNotFound: false,
    baseJobTemplate: undefined,
    heartbeatSeconds: 30,
    querySeconds: 10,
    prefetchSeconds: 10,
    enableCancellation: true,
    cancellationPollSeconds: 120,
    runOnce: false,
  },
  {
    prefect,
    aws,
    clock,
    random,
    log,
    logFor: () => log,
    showOutput: () => undefined,
    readiness: { block: () => undefined, unblock: () => undefined },
    denials: { answered: () => undefined, failed: () => undefined },
    runSettings: () => settings,
    secrets: new worker.Redaction(),
    prefectVersion: '3.8.8',
    sockets: {
      channel: () => ({ isHealthy: false, hasSnapshot: false, snapshots: 0 }),
      isToldOfCancelling: () => true,
      runChannel: never,
      watchCancelling: (_pool, _tell, signal) => never(undefined, signal),
    },
    taskEvents: undefined,
  },
  { drain: worker.sharedAbortController().signal, stop: stop.signal },
);
await clock.elapse(1_000);
const before = heap();
const isLaunched = (many) => launched >= many;
const launchedAll = async (many, stepMs) => {
  const untilMs = clock.monotonicMs() + 86_400_000;
  while (!isLaunched(many)) {
    // The worker's log is discarded here, so this error alone shows that it cannot launch.
    if (clock.monotonicMs() > untilMs)
      throw new Error(`only ${launched} of ${many} runs were launched in a day`);
    await clock.elapse(stepMs);
  }
};
const cpuBefore = cpuMs();
await launchedAll(Math.min(500, count), 1_000);
const submission = (cpuMs() - cpuBefore) / launched;
tell('a submission costs', submission, 'ms of CPU (< 8)', submission < 8);
await launchedAll(count, 10_000);
await clock.elapse(60_000);
const each = (heap() - before) / count / 1024;
if (globalThis.gc !== undefined) tell('memory of a followed task', each, 'KB (< 16)', each < 16);

settledMs = clock.monotonicMs();
await clock.elapse(60_000); // answers are built once, outside the measurement
const [from, begun, looksBefore] = [clock.monotonicMs(), cpuMs(), looks];
await clock.elapse(600_000);
const rounds = (looks - looksBefore) / Math.ceil(count / 100);
const seconds = (clock.monotonicMs() - from) / 1000 / rounds;
const round = (cpuMs() - begun) / rounds;
tell(
  'a round of the sweep takes',
  seconds,
  's (at most 10 for 10,000)',
  seconds <= Math.max(5, count / 1000) + 0.1,
);
tell('a round costs', round, 'ms of CPU (< 500 for 10,000)', round < Math.max(100, count / 20));
stop.abort(new Error('the bench is over'));
await running.catch(() => undefined);
process.exitCode = missed === 0 ? 0 : 1;
