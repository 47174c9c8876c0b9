import { expect, it } from 'vitest';
import { seededRandom } from '../../src/kernel/random.ts';
import { makeQueue, queueOf, tapEvents } from './event-queue.ts';
import { Mutator, recordedBodies } from './mutated-messages.ts';
import { launchAsPython, launchAsStranger } from './python-launch.ts';
import { World } from './world.ts';

/**
 * `MUTATED_MESSAGES=500 npm test -- scenarios mutated-messages` plays more of them than CI does,
 * `MUTATED_SEED` others.
 */
const messages = Number(process.env['MUTATED_MESSAGES'] ?? 120);
const seed = Number(process.env['MUTATED_SEED'] ?? 1);

const everyMs = 1_000;
/** Runs live while messages arrive, then end one after the other. */
const lastsMs = messages * everyMs;

/** Each kind of end once for each of the two workers. */
const stories = [
  { bootMs: 1_000, runsForMs: lastsMs / 4 },
  { bootMs: 1_000, runsForMs: lastsMs / 2, ending: { kind: 'exits', exitCode: 3 } },
  { bootMs: 1_000, runsForMs: lastsMs / 2, ending: { kind: 'fails' } },
  { bootMs: 1_000, runsForMs: lastsMs },
] as const;

/** How each run ended, in scheduling order, and which calls changed AWS. */
interface Outcome {
  readonly fates: readonly string[];
  readonly calls: Readonly<Record<string, number>>;
  readonly deregistered: readonly string[];
}

async function outcomeOf(
  isForged: boolean,
): Promise<Outcome & { readonly looks: number; readonly lateMs: number }> {
  const order = new Map<string, number>();
  await using world = await World.start({
    story: (run) => {
      if (!order.has(run)) order.set(run, order.size);
      return stories[(order.get(run) ?? 0) % stories.length] ?? {};
    },
  });
  makeQueue(world);
  const tapped = tapEvents(world);
  const launched = (some: readonly string[]): Promise<void> =>
    world.until('they have tasks', () => some.every((run) => world.tasksOf(run).length === 1));
  await world.startWorker({ name: 'observer', observes: true, limit: stories.length });
  const own = world.schedule(stories.length);
  await launched(own);
  await world.startWorker({ name: 'other', limit: stories.length });
  await world.elapse('2s');
  // The observer is at its limit, so the other worker claims these.
  const others = world.schedule(stories.length);
  await launched(others);
  const [python = ''] = world.schedule();
  await launchAsPython(world, python);
  await launchAsStranger(world);
  const runs = [...own, ...others, python];
  if (isForged) await sendAll(world, runs, tapped);
  else await world.elapse(`${lastsMs}ms`);
  await world.until(
    'all are over',
    () =>
      runs.every((run) =>
        ['COMPLETED', 'FAILED', 'CRASHED'].includes(world.prefect.stateOf(run).type),
      ),
    '20m',
  );
  await world.elapse('20m'); // messages that were kept become visible again
  const { 'ecs:DescribeTasks': looks = 0, ...calls } = world.aws.callCounts();
  expect(
    world.log.filter((line) => line.includes(' broke: ') || line.includes('ECS observer crashed')),
  ).toEqual([]);
  expect('polluted' in {}).toBe(false);
  return {
    looks,
    lateMs: Math.max(...runs.map((run) => latenessOf(world, run))),
    fates: runs.map((run) => fateOf(world, run)),
    calls: Object.fromEntries(
      Object.entries(calls).filter(([name]) =>
        /RunTask|StopTask|Deregister|GetLogEvents|DescribeTaskDef/.test(name),
      ),
    ),
    deregistered: world.log.flatMap(
      (line) => /Task definition (\S+) successfully deregistered/.exec(line)?.slice(1) ?? [],
    ),
  };
}

async function sendAll(
  world: World,
  runs: readonly string[],
  tapped: () => Promise<readonly string[]>,
): Promise<void> {
  const tasks = world.aws.tasks();
  const mutator = new Mutator(seededRandom(seed), {
    flowRunIds: runs,
    taskArns: [
      ...tasks.map(({ taskArn }) => taskArn),
      `${tasks[0]?.taskArn.slice(0, -32)}${'f'.repeat(32)}`,
    ],
    marks: tasks.flatMap(({ startedBy }) => startedBy ?? []),
    definitionArns: definitions.map(
      (name) => `arn:aws:ecs:us-east-1:123456789012:task-definition/${name}`,
    ),
  });
  const recorded = recordedBodies();
  for (let left = messages; left > 0; left -= 1) {
    queueOf(world).send(mutator.of([...recorded, ...(await tapped())]));
    await world.elapse(`${everyMs}ms`);
  }
}

const definitions = ['stranger:1', 'python:1', 'python'];

/** Cuts the message where it names the task, which differs between plays. */
function fateOf(world: World, run: string): string {
  const { name, message } = world.prefect.stateOf(run);
  const states = world.statesOf(run).filter((state) => state !== 'InfrastructurePending');
  const told = name === 'Crashed' ? message?.replace(/ \(container .*$/s, '') : '';
  return `${states.join(' ')} in ${world.executor.startsOf(run)} process(es): ${told}`;
}

/** Milliseconds from the end of the run's task to its last state. */
function latenessOf(world: World, run: string): number {
  const stoppedAtMs = world.tasksOf(run)[0]?.stoppedAt?.getTime() ?? Infinity;
  return Date.parse(world.prefect.stateOf(run).timestamp) - stoppedAtMs;
}

it(`${messages} mutated event messages change no run’s end`, async () => {
  const quiet = await outcomeOf(false);
  const beset = await outcomeOf(true);

  console.warn(
    JSON.stringify({
      messages,
      seed,
      quiet: quiet.looks,
      beset: beset.looks,
      lateMs: beset.lateMs,
    }),
  );
  expect(beset.fates).toEqual(quiet.fates);
  expect(beset.calls).toEqual(quiet.calls);
  expect(beset.deregistered).toEqual(quiet.deregistered);
  expect(beset.lateMs).toBeLessThanOrEqual(10_000);
});
