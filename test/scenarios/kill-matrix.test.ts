import { beforeAll, describe, expect, it } from 'vitest';
import type { KillPoint } from './outside.ts';
import { World, type WorkerFacts, type WorldOptions } from './world.ts';

/** A flow of 30 seconds in a task that needs its time to start and to stop, as on Fargate. */
const unhurried: WorldOptions = {
  aws: { delays: { provisioning: 10_000, pending: 10_000, activating: 2_000, deprovisioning: 20_000 } },
  story: () => ({ runsForMs: 30_000 }),
};

/** Calls that belong to the worker's life, not to a run's way. */
const ofTheWorker = /work_pools|csrf|health/;

interface Death {
  readonly point: KillPoint;
  readonly call: string;
}

/** Every outside call of one run's way, as a worker makes them that is not killed. */
async function deathsOfARun(): Promise<readonly Death[]> {
  await using world = await World.start(unhurried);
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

/** What must be so of a claimed run however often its worker died (ecs-worker.md 0.4). */
function expectOnce(world: World, run: string, where: string): void {
  const finals = world.statesOf(run).filter((name) => name === 'Completed' || name === 'Crashed');
  expect(finals, `${where}: ${world.statesOf(run).join(', ')}`).toEqual(['Completed']);
  expect(world.engine.executionsOf(run), where).toHaveLength(1);
  expect(world.tasksOf(run), where).toHaveLength(1);
}

describe('a worker that is killed', () => {
  let deaths: readonly Death[];
  beforeAll(async () => {
    deaths = await deathsOfARun();
  });

  /** Kills the worker at one point, lets `meanwhile` pass, starts another; the run must end as if nothing had happened. */
  async function dieAndComeBack(
    { point, call }: Death,
    next: WorkerFacts,
    meanwhile: string,
    change: (world: World) => void = () => undefined,
  ): Promise<void> {
    const where = `${point.when} call ${point.call} (${call})`;
    await using world = await World.start(unhurried);
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

    expectOnce(world, run, where);
  }

  it('has a way of at least 25 outside calls and answers to be killed at', () => {
    expect(deaths.length).toBeGreaterThanOrEqual(25);
  });

  it('at any outside call leaves nothing that its successor does not bring to its one end', async () => {
    for (const death of deaths) await dieAndComeBack(death, {}, '1s');
  });
});
