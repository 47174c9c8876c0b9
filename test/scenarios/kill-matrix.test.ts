import { beforeAll, describe, expect, it } from 'vitest';
import type { KillPoint } from './outside.ts';
import type { WorkerFacts } from './world-worker.ts';
import { World, type WorldOptions } from './world.ts';

/** A flow of 30 s in a task that starts and stops as slowly as on Fargate. */
const unhurried: WorldOptions = {
  aws: {
    clusters: ['other'],
    delays: { provisioning: 10_000, pending: 10_000, activating: 2_000, deprovisioning: 20_000 },
  },
  story: () => ({ runsForMs: 30_000 }),
};

/** Calls that the worker makes for itself, not for a run. */
const ofTheWorker = /work_pools|csrf|health/;

interface Death {
  readonly point: KillPoint;
  readonly call: string;
}

/** One course of a run: its world, and what is wrong in it. */
interface Way {
  readonly options: WorldOptions;
  readonly prepare?: (world: World) => void;
}

const straight: Way = { options: unhurried };

/** Lists every point to kill a worker at: each outside call of a run, before and after. */
async function deathsOfARun({ options, prepare }: Way = straight): Promise<readonly Death[]> {
  await using world = await World.start(options);
  prepare?.(world);
  const worker = await world.startWorker();
  const [run = ''] = world.schedule();
  await world.until('the run is over', () => world.stateOf(run) === 'Completed');
  await world.elapse('1m');
  return worker.outside.calls.flatMap((call, at) =>
    ofTheWorker.test(call)
      ? []
      : (['before', 'after'] as const).map((when) => ({ point: { call: at + 1, when }, call })),
  );
}

/** Checks that a claimed run completed once, with one task and one execution (worker.md 0.4). */
function wrongs(world: World, run: string, where: string): readonly string[] {
  const finals = world.statesOf(run).filter((name) => name === 'Completed' || name === 'Crashed');
  const executions = world.engine.executionsOf(run).length;
  const starts = world.executor.startsOf(run);
  const isRight = finals.join() === 'Completed' && executions === 1 && starts === 1;
  return isRight
    ? []
    : [
        `${where}: ${starts} tasks, user code ran ${executions} times, ${world.statesOf(run).join(', ')}`,
      ];
}

describe('A killed worker', () => {
  let deaths: readonly Death[];
  beforeAll(async () => {
    deaths = await deathsOfARun();
  });

  /** Kills the worker at one point, waits `meanwhile`, starts a successor, checks the run. */
  async function dieAndComeBack(
    { point, call }: Death,
    next: WorkerFacts,
    meanwhile: string,
    change: (world: World) => void = () => undefined,
    { options, prepare }: Way = straight,
  ): Promise<readonly string[]> {
    const where = `${point.when} call ${point.call} (${call})`;
    await using world = await World.start(options);
    prepare?.(world);
    const first = await world.startWorker({ killAt: point });
    const [run = ''] = world.schedule();
    await world.until(`killed ${where}`, () => first.outside.isDead);
    change(world);
    await world.elapse(meanwhile);

    await world.startWorker(next);
    await world
      .until(`the run is over, ${where}`, () => world.stateOf(run) === 'Completed', '40m', '5s')
      .catch((error: unknown) => {
        throw new Error(`${where}: ${world.statesOf(run).join(', ')}\n${String(error)}`);
      });
    await world.elapse('12m');
    return wrongs(world, run, where);
  }

  it('has at least 25 points to be killed at in the course of a run', () => {
    expect(deaths.length).toBeGreaterThanOrEqual(25);
  });

  it('leaves no run unfinished or doubled, whichever outside call it dies at', async () => {
    const found: string[] = [];
    for (const death of deaths) found.push(...(await dieAndComeBack(death, {}, '1s')));

    expect(found).toEqual([]);
  });

  /** Before the claim nothing can be lost, so these start at it. */
  const sinceTheClaim = (all = deaths): readonly Death[] =>
    all.slice(all.findIndex(({ call }) => call.endsWith('set_state')));

  const withoutRoom = (world: World): void => world.aws.capacity.failNext(2);
  const lateToShow = { ...unhurried.aws, consistency: { missingMs: 30_000 } };

  it.each<[string, Way, readonly KillPoint['when'][]]>([
    [
      'while a run waits for capacity and is launched',
      { options: { ...unhurried, aws: lateToShow }, prepare: withoutRoom },
      ['before', 'after'],
    ],
    [
      'while a run waits on a server without sub-states of Pending',
      {
        options: { ...unhurried, aws: lateToShow, prefect: { version: '3.6.0' } },
        prepare: withoutRoom,
      },
      ['after'],
    ],
  ])('leaves no run unfinished or doubled when it dies %s', async (_what, way, moments) => {
    const found: string[] = [];
    const points = sinceTheClaim(await deathsOfARun(way)).filter(({ point }) =>
      moments.includes(point.when),
    );
    for (const death of points)
      found.push(...(await dieAndComeBack(death, {}, '1s', () => undefined, way)));

    const launches = points.filter(({ call }) => call === 'aws:RunTask');
    expect(launches).toHaveLength(3 * moments.length);
    expect(found).toEqual([]);
  });

  it.each<[string, WorkerFacts, string, (world: World) => void]>([
    ['under another name', { name: 'another' }, '1s', () => undefined],
    [
      'with another cluster for new runs',
      {},
      '1s',
      (world) => world.configurePool({ cluster: 'other' }),
    ],
    ['with another image', {}, '1s', (world) => world.configurePool({ image: 'other:1' })],
    [
      'with other credentials of the same account',
      {},
      '1s',
      (world) =>
        world.configurePool({
          aws_credentials: {
            aws_access_key_id: 'AKIDOTHER',
            aws_secret_access_key: 'y',
            region_name: 'us-east-1',
          },
        }),
    ],
    [
      'with another region for new runs',
      {},
      '1s',
      (world) =>
        world.configurePool({
          aws_credentials: {
            aws_access_key_id: '123456789012',
            aws_secret_access_key: 'x',
            region_name: 'eu-west-1',
          },
        }),
    ],
    ['after 61 minutes', {}, '61m', () => undefined],
    ['after 25 hours', {}, '25h', () => undefined],
  ])(
    'leaves no run unfinished or doubled to a successor %s',
    async (_what, next, meanwhile, change) => {
      const found: string[] = [];
      for (const death of sinceTheClaim())
        found.push(...(await dieAndComeBack(death, next, meanwhile, change)));

      expect(found).toEqual([]);
    },
  );

  it('has its runs adopted by a worker that lives beside it', async () => {
    const found: string[] = [];
    for (const death of sinceTheClaim()) {
      const where = `${death.point.when} call ${death.point.call} (${death.call})`;
      await using world = await World.start(unhurried);
      const first = await world.startWorker({ name: 'first', killAt: death.point });
      await world.elapse('1s');
      const [run = ''] = world.schedule();
      await world.until(
        `killed ${where}`,
        () => first.outside.isDead || world.stateOf(run) === 'Completed',
      );
      await world.startWorker({ name: 'second' });

      await world.until(
        `the run is over, ${where}`,
        () => world.stateOf(run) === 'Completed',
        '40m',
        '5s',
      );
      await world.elapse('12m');

      found.push(...wrongs(world, run, where));
    }

    expect(found).toEqual([]);
  });
});
