import { beforeAll, describe, expect, it } from 'vitest';
import type { KillPoint } from './outside.ts';
import type { WorkerFacts } from './world-worker.ts';
import { World, type WorldOptions } from './world.ts';

/** A flow of 30 seconds in a task that needs its time to start and to stop, as on Fargate. */
const unhurried: WorldOptions = {
  aws: {
    clusters: ['other'],
    delays: { provisioning: 10_000, pending: 10_000, activating: 2_000, deprovisioning: 20_000 },
  },
  story: () => ({ runsForMs: 30_000 }),
};

/** Calls that belong to the worker's life, not to a run's way. */
const ofTheWorker = /work_pools|csrf|health/;

interface Death {
  readonly point: KillPoint;
  readonly call: string;
}

/** What a run goes through, and where. */
interface Way {
  readonly options: WorldOptions;
  readonly prepare?: (world: World) => void;
}

const straight: Way = { options: unhurried };

/** Every outside call of one run's way, as a worker makes them that is not killed. */
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

/**
 * What is not as it must be of a claimed run, however often its worker died (worker.md 0.4).
 */
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

describe('a worker that is killed', () => {
  let deaths: readonly Death[];
  beforeAll(async () => {
    deaths = await deathsOfARun();
  });

  /**
   * Kills the worker at one point, lets `meanwhile` pass, starts another; the run must end as if
   * nothing had happened.
   */
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

  it('has a way of at least 25 outside calls and answers to be killed at', () => {
    expect(deaths.length).toBeGreaterThanOrEqual(25);
  });

  it('at any outside call leaves nothing that its successor does not bring to its one end', async () => {
    const found: string[] = [];
    for (const death of deaths) found.push(...(await dieAndComeBack(death, {}, '1s')));

    expect(found).toEqual([]);
  });

  /** From the claim on there is something to lose. */
  const sinceTheClaim = (all = deaths): readonly Death[] =>
    all.slice(all.findIndex(({ call }) => call.endsWith('set_state')));

  const withoutRoom = (world: World): void => world.aws.capacity.failNext(2);
  const lateToShow = { ...unhurried.aws, consistency: { missingMs: 30_000 } };

  it.each<[string, Way, readonly KillPoint['when'][]]>([
    [
      'between a refusal for want of capacity and the next launch, and after that',
      { options: { ...unhurried, aws: lateToShow }, prepare: withoutRoom },
      ['before', 'after'],
    ],
    [
      'the same on a server that takes no sub-states of Pending',
      {
        options: { ...unhurried, aws: lateToShow, prefect: { version: '3.6.0' } },
        prepare: withoutRoom,
      },
      ['after'],
    ],
  ])('%s, leaves nothing behind either', async (_what, way, moments) => {
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
  ])('has a successor also %s', async (_what, next, meanwhile, change) => {
    const found: string[] = [];
    for (const death of sinceTheClaim())
      found.push(...(await dieAndComeBack(death, next, meanwhile, change)));

    expect(found).toEqual([]);
  });

  it('beside a living one has its runs taken over by that', async () => {
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
