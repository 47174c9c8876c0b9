import fc from 'fast-check';
import { z } from 'zod';
import type { EngineStory } from '../../src/local/index.ts';
import { makeQueue } from './event-queue.ts';
import { World, type WorldWorker } from './world.ts';

/** One thing that happens. Numbers are reduced to what there is: workers, runs. */
type Happening =
  | { readonly kind: 'elapse'; readonly duration: string }
  | { readonly kind: 'kill' | 'start' | 'freeze' | 'thaw'; readonly worker: number }
  | { readonly kind: 'cancel' | 'retry'; readonly run: number }
  /** The next so many tasks find no room, or fail to start for want of it. */
  | { readonly kind: 'full'; readonly how: 'refused' | 'cannot start'; readonly tasks: number }
  | {
      readonly kind: 'fault';
      readonly at: 'prefect' | 'aws';
      readonly operation: string;
      readonly fault: 'reset-before' | 'reset-after' | 'error' | 'throttle';
    };

interface Plot {
  readonly stories: readonly StoryName[];
  readonly happenings: readonly Happening[];
  readonly seed: number;
}

const stories = {
  completes: {},
  'takes long': { runsForMs: 90_000 },
  fails: { ending: { kind: 'fails' } },
  'is killed': { ending: { kind: 'exits', exitCode: 137 } },
  'ends without a word': { ending: { kind: 'exits', exitCode: 0 } },
  'ignores everything': { runsForMs: 150_000, onSigterm: 'ignores', watchesCancellation: false },
} as const satisfies Readonly<Record<string, EngineStory>>;
type StoryName = keyof typeof stories;

const names = ['a', 'b'];
const registering = 'ecs:RegisterTaskDefinition';

const network = {
  awsvpcConfiguration: { subnets: ['subnet-0a1b2c3d4e5f60710'], assignPublicIp: 'ENABLED' },
};

const drawnPlot: fc.Arbitrary<Plot> = fc.record({
  stories: fc.array(fc.constantFrom(...(Object.keys(stories) as StoryName[])), {
    minLength: 1,
    maxLength: 3,
  }), // a literal's own keys
  seed: fc.nat(1_000),
  happenings: fc.array(
    fc.oneof(
      {
        weight: 5,
        arbitrary: fc
          .constantFrom('100ms', '1s', '7s', '20s', '70s')
          .map((duration) => ({ kind: 'elapse' as const, duration })),
      },
      {
        weight: 4,
        arbitrary: fc.record({
          kind: fc.constantFrom(
            'kill' as const,
            'start' as const,
            'start' as const,
            'freeze' as const,
            'thaw' as const,
          ),
          worker: fc.nat(1),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constantFrom('cancel' as const, 'retry' as const), run: fc.nat(2) }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant('full' as const),
          how: fc.constantFrom('refused' as const, 'cannot start' as const),
          tasks: fc.integer({ min: 1, max: 4 }),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.oneof(
          fc.record({
            kind: fc.constant('fault' as const),
            at: fc.constant('aws' as const),
            operation: fc.constantFrom(
              'ecs:RunTask',
              'ecs:DescribeTasks',
              'ecs:ListTasks',
              'ecs:StopTask',
              registering,
            ),
            fault: fc.constantFrom(
              'reset-before' as const,
              'reset-after' as const,
              'error' as const,
              'throttle' as const,
            ),
          }),
          fc.record({
            kind: fc.constant('fault' as const),
            at: fc.constant('prefect' as const),
            operation: fc.constantFrom(
              'POST /flow_runs/{id}/set_state',
              'POST /flow_runs/filter',
              'PATCH /flow_runs/{id}*',
              'GET /flow_run_states/',
              '*get_scheduled_flow_runs',
            ),
            fault: fc.constantFrom('reset-before' as const, 'reset-after' as const, 'error' as const),
          }),
        ),
      },
    ),
    { maxLength: 14 },
  ),
});

/**
 * Plays a plot, then lets things settle under one living worker; answers with what is wrong at the end. `observes`:
 * whether the workers hear of their tasks by events, too.
 */
async function play(
  { stories: chosen, happenings, seed }: Plot,
  observes: boolean,
): Promise<readonly string[]> {
  const storyOf = new Map<string, StoryName>();
  await using world = await World.start({
    seed,
    aws: { delays: { provisioning: 3_000, pending: 3_000, deprovisioning: 10_000 } },
    story: (flowRunId) => stories[storyOf.get(flowRunId) ?? 'completes'],
  });
  // Patient loops, and a network that need not be looked up: a call costs the simulation more than minutes that pass.
  world.configurePool({ task_watch_poll_interval: 30 }, { networkConfiguration: network });
  if (observes) makeQueue(world);
  const environment = {
    PREFECT_CLIENT_CSRF_SUPPORT_ENABLED: 'false',
    PREFECT_WORKER_QUERY_SECONDS: '45',
    PREFECT_WORKER_CANCELLATION_POLL_SECONDS: '45',
    PREFECT_WORKER_HEARTBEAT_SECONDS: '60',
  };
  const workers = new Map<string, WorldWorker>();
  const start = async (name: string): Promise<void> => {
    if (workers.get(name)?.outside.isDead === false) return;
    workers.set(name, await world.startWorker({ name, environment, observes }));
  };
  const runs = world.schedule(chosen.length);
  runs.forEach((run, at) => storyOf.set(run, chosen[at] ?? 'completes'));
  await start('a');
  const cancelled = new Set<string>();
  const retried = new Set<string>();
  let isRegisteringFaulty = false;
  for (const happening of happenings) {
    switch (happening.kind) {
      case 'elapse':
        await world.elapse(happening.duration);
        break;
      case 'start':
        await start(names[happening.worker] ?? 'a');
        break;
      case 'kill':
        workers.get(names[happening.worker] ?? '')?.kill();
        break;
      case 'freeze':
        workers.get(names[happening.worker] ?? '')?.outside.freeze();
        break;
      case 'thaw':
        workers.get(names[happening.worker] ?? '')?.outside.thaw();
        break;
      case 'cancel': {
        const run = runs[happening.run % runs.length] ?? '';
        cancelled.add(run);
        world.prefect.cancel(run);
        break;
      }
      case 'retry': {
        const run = runs[happening.run % runs.length] ?? '';
        if (!['Failed', 'Crashed', 'Cancelled'].includes(world.stateOf(run))) break;
        retried.add(run);
        world.prefect.setState(run, 'SCHEDULED', { name: 'AwaitingRetry', force: true });
        break;
      }
      case 'full':
        if (happening.how === 'refused') world.aws.capacity.failNext(happening.tasks);
        else
          world.aws.faults.add({
            task: { kind: 'start-failure', failure: 'no-room' },
            times: happening.tasks,
          });
        break;
      case 'fault': {
        const fault =
          happening.fault === 'error' ? { kind: 'error' as const, status: 503 } : { kind: happening.fault };
        // A third failure in a row of the one call that has three attempts is a crash, as it should be.
        if (happening.operation === registering && isRegisteringFaulty) break;
        isRegisteringFaulty ||= happening.operation === registering;
        const rule = { operation: happening.operation, fault, times: 2 };
        if (happening.at === 'aws') world.aws.faults.add(rule);
        else world.prefect.faults.add(rule);
      }
    }
  }
  world.aws.faults.clear();
  world.prefect.faults.clear();
  for (const worker of workers.values()) worker.outside.thaw();
  await start('a');
  const isOver = (): boolean =>
    runs.every((run) => isFinal(world, run)) && world.aws.runningTasks().length === 0;
  for (let waited = 0; waited < 180 && !isOver(); waited += 1) await world.elapse('20s');
  await world.elapse('60s');
  return runs.flatMap((run) =>
    wrongs(world, run, storyOf.get(run) ?? 'completes', cancelled.has(run), retried.has(run)),
  );
}

/** What earlier plots found, shrunk: mistakes of ours, each mended. */
const foundEarlier: readonly Plot[] = [
  // Cancelled while it boots, it says Running, and is killed: Crashed by its 137, told by the follower or by the event.
  {
    stories: ['ignores everything'],
    happenings: [
      { kind: 'elapse', duration: '7s' },
      { kind: 'start', worker: 1 },
      { kind: 'cancel', run: 0 },
    ],
    seed: 0,
  },
  // Cancelled while it boots, and retried at once: the old process says Running over it, and is killed.
  {
    stories: ['ignores everything'],
    happenings: [
      { kind: 'elapse', duration: '7s' },
      { kind: 'cancel', run: 0 },
      { kind: 'elapse', duration: '100ms' },
      { kind: 'retry', run: 0 },
    ],
    seed: 0,
  },
  // Its claim's answer is reset, it stands still while it waits to repeat it, and repeats it over another's Completed.
  {
    stories: ['completes'],
    happenings: [
      {
        kind: 'fault',
        at: 'prefect',
        operation: 'POST /flow_runs/{id}/set_state',
        fault: 'reset-before',
      },
      { kind: 'elapse', duration: '100ms' },
      { kind: 'start', worker: 1 },
      { kind: 'freeze', worker: 0 },
      { kind: 'elapse', duration: '70s' },
    ],
    seed: 0,
  },
  // Cancelled while it boots, its worker dies and begins again, and only then it says Running: nobody took it over.
  {
    stories: ['ignores everything', 'completes'],
    happenings: [
      { kind: 'fault', at: 'prefect', operation: 'POST /flow_runs/filter', fault: 'reset-before' },
      { kind: 'full', how: 'refused', tasks: 1 },
      { kind: 'elapse', duration: '20s' },
      { kind: 'cancel', run: 0 },
      { kind: 'elapse', duration: '100ms' },
      { kind: 'kill', worker: 0 },
    ],
    seed: 0,
  },
  // Its worker dies and begins again within the second that Prefect's `Date` cannot tell: taken for a namesake's claim.
  {
    stories: ['is killed', 'completes'],
    happenings: [
      { kind: 'elapse', duration: '100ms' },
      { kind: 'kill', worker: 0 },
    ],
    seed: 0,
  },
  // The same before its label is written: in the first listing nothing tells whose it is, only its history does.
  {
    stories: ['is killed', 'completes'],
    happenings: [
      { kind: 'fault', at: 'prefect', operation: 'PATCH /flow_runs/{id}*', fault: 'reset-before' },
      { kind: 'elapse', duration: '100ms' },
      { kind: 'kill', worker: 0 },
    ],
    seed: 0,
  },
];

/** Plays drawn plots. `SCHEDULES` and `SCHEDULES_SEED` choose how many and which, for a longer look by hand. */
export async function playMany(usually: number, observes: boolean, usualSeed = 20_261_125): Promise<void> {
  const { SCHEDULES: numRuns, SCHEDULES_SEED: seed } = z
    .object({
      SCHEDULES: z.coerce.number().int().positive().default(usually),
      SCHEDULES_SEED: z.coerce.number().int().default(usualSeed),
    })
    .parse(process.env);
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0; // a stack for each timer that is called off is a tenth of the whole
  try {
    await fc.assert(
      fc.asyncProperty(drawnPlot, async (plot) => {
        const problems = await play(plot, observes);
        if (problems.length > 0) throw new Error(problems.join('\n'));
      }),
      { numRuns, seed, examples: foundEarlier.map((plot) => [plot]) },
    );
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function isFinal(world: World, run: string): boolean {
  return isFinalType(world.prefect.stateOf(run).type);
}

function isFinalType(type: string | undefined): boolean {
  return type !== undefined && ['COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED'].includes(type);
}

/** A process that heeds no SIGTERM has its say until it is killed, 30 s after its run was Cancelled and its task stopped. */
function isLateWord(
  story: StoryName,
  state: { readonly type: string },
  next: { readonly type: string },
): boolean {
  return (
    story === 'ignores everything' &&
    state.type === 'CANCELLED' &&
    ['RUNNING', 'COMPLETED'].includes(next.type)
  );
}

/** The model: what alone may have become of a run. */
function wrongs(
  world: World,
  run: string,
  story: StoryName,
  wasCancelled: boolean,
  wasRetried: boolean,
): readonly string[] {
  const states = world.prefect.history(run);
  const told = `${story}: ${states.map((state) => state.name).join(', ')}`;
  // The claim of a process that stood still between its look and its call; it sees by itself that it came too late.
  const isTakenBack = (at: number): boolean => {
    const [before, after] = [states[at - 1], states[at + 1]];
    return states[at]?.name === 'Pending' && isFinalType(before?.type) && before?.type === after?.type;
  };
  const claims = states.filter(
    (state, at) =>
      state.type === 'PENDING' && ['Pending', 'AwaitingCapacity 1'].includes(state.name) && !isTakenBack(at),
  ).length;
  const starts = world.executor.startsOf(run);
  const executions = world.engine.executionsOf(run).length;
  const problems: string[] = [];
  if (!isFinal(world, run)) problems.push(`never ended (${told})`);
  if (starts > claims) problems.push(`${starts} tasks for ${claims} claims (${told})`);
  if (executions > claims) problems.push(`user code ran ${executions} times for ${claims} claims (${told})`);
  states.forEach((state, at) => {
    const next = states[at + 1];
    if (
      next !== undefined &&
      isFinalType(state.type) &&
      next.type !== 'SCHEDULED' &&
      !isTakenBack(at + 1) &&
      !isLateWord(story, state, next) &&
      next.state_details.transition_id !== state.state_details.transition_id
    )
      problems.push(`${next.name} after ${state.name} (${told})`);
  });
  const end = world.stateOf(run);
  const allowed: Readonly<Record<StoryName, readonly string[]>> = {
    completes: ['Completed'],
    'takes long': ['Completed'],
    fails: ['Failed'],
    'is killed': ['Crashed'],
    'ends without a word': ['Crashed'],
    'ignores everything': ['Completed'],
  };
  const ends = [...allowed[story], ...(wasCancelled ? ['Cancelled'] : [])];
  if (!ends.includes(end))
    problems.push(`ended ${end} (${told}) ${world.prefect.stateOf(run).message ?? ''}`);
  if (!wasCancelled && !wasRetried && claims !== 1) problems.push(`${claims} claims (${told})`);
  return problems;
}
