import { describe, expect, it } from 'vitest';
import { deleteQueue, makeQueue, queueOf } from './event-queue.ts';
import { World } from './world.ts';

/** One story each for four runs: completes, fails, dies silently, completes late. */
const stories = [
  { bootMs: 1_000, runsForMs: 60_000 },
  { bootMs: 1_000, runsForMs: 90_000, ending: { kind: 'fails' } },
  { bootMs: 1_000, runsForMs: 120_000, ending: { kind: 'exits', exitCode: 3 } },
  { bootMs: 1_000, runsForMs: 180_000 },
] as const;

async function worldOf(seed = 1): Promise<World> {
  const order = new Map<string, number>();
  const world = await World.start({
    seed,
    story: (run) => {
      const at = order.get(run) ?? order.size;
      order.set(run, at);
      return stories[at % stories.length] ?? {};
    },
  });
  makeQueue(world);
  return world;
}

const isOver = (world: World, run: string): boolean => {
  const { type } = world.prefect.stateOf(run);
  return type === 'COMPLETED' || type === 'FAILED' || type === 'CRASHED';
};

const outcomesOf = (world: World, runs: readonly string[]): Readonly<Record<string, number>> => {
  const counts: Record<string, number> = {};
  for (const run of runs) {
    const { name, message } = world.prefect.stateOf(run);
    // the rest names the task, which differs between runs
    const told = message?.replace(/ \(container .*$/s, '');
    const outcome = `${name} ${name === 'Crashed' ? told : ''}`;
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return counts;
};

/** Seconds between the end of a run's task and the run's last state. */
function latencyOf(world: World, run: string): number {
  const stoppedAt = world.tasksOf(run)[0]?.stoppedAt?.getTime() ?? NaN;
  return (Date.parse(world.prefect.stateOf(run).timestamp) - stoppedAt) / 1000;
}

describe('A worker that loses one of its two sources, queue or DescribeTasks', () => {
  it('loses no run without the queue: its sweep speeds up until the queue is back', async () => {
    await using world = await World.start({
      story: () => ({ bootMs: 0, runsForMs: 100_000, ending: { kind: 'exits', exitCode: 3 } }),
    });
    makeQueue(world);
    await world.startWorker({ observes: true });
    const looks = (): number => world.aws.callCounts()['ecs:DescribeTasks'] ?? 0;
    const crash = async (): Promise<{ readonly latency: number; readonly looks: number }> => {
      const before = looks();
      const [run = ''] = world.schedule();
      await world.until('it is over', () => isOver(world, run), '10m', '1s');
      return { latency: latencyOf(world, run), looks: looks() - before };
    };

    const seeing = await crash();
    const [caught = ''] = world.schedule();
    await world.elapse('30s');
    deleteQueue(world);
    await world.until('it is over', () => isOver(world, caught), '10m', '1s');
    const blind = await crash();
    makeQueue(world);
    await world.elapse('5m');
    const again = await crash();

    expect(seeing.latency).toBeLessThanOrEqual(1.5);
    expect(seeing.looks).toBeLessThanOrEqual(5); // one round a minute, two confirmed events
    expect(latencyOf(world, caught)).toBeLessThanOrEqual(5);
    expect(blind.latency).toBeLessThanOrEqual(5);
    expect(blind.looks).toBeGreaterThan(15); // one round every five seconds
    expect(again.latency).toBeLessThanOrEqual(1.5);
    expect(again.looks).toBeLessThanOrEqual(5);
  });

  it('reports every crash while DescribeTasks fails for 10 minutes', async () => {
    await using world = await World.start({
      story: () => ({ bootMs: 0, runsForMs: 100_000, ending: { kind: 'exits', exitCode: 3 } }),
    });
    makeQueue(world);
    await world.startWorker({ observes: true });
    world.aws.faults.add({ operation: 'ecs:DescribeTasks', fault: { kind: 'error', status: 500 } });
    const runs = world.schedule(40);

    await world.elapse('10m');

    expect(runs.filter((run) => world.stateOf(run) !== 'Crashed')).toEqual([]);
    expect(Math.max(...runs.map((run) => latencyOf(world, run)))).toBeLessThanOrEqual(2);
  });

  it('reports the same outcomes when events are lost, doubled and out of order', async () => {
    const outcomes: unknown[] = [];
    for (const isFaulty of [false, true]) {
      await using world = await worldOf();
      if (isFaulty) {
        world.aws.faults.addAll([
          { event: { kind: 'lost' }, probability: 0.3 },
          // 43 % of the events that are left, 30 % of all
          { event: { kind: 'doubled', ms: 20_000 }, probability: 0.43 },
          { event: { kind: 'reordered', ms: 30_000 } },
        ]);
      }
      await world.startWorker({ observes: true });
      const runs = world.schedule(80);
      await world.until('all are over', () => runs.every((run) => isOver(world, run)), '20m', '5s');
      await world.elapse('3m');

      outcomes.push(outcomesOf(world, runs));
      expect(runs.filter((run) => world.executor.startsOf(run) !== 1)).toEqual([]);
      expect(queueOf(world).counts()).toEqual({ visible: 0, hidden: 0, delayed: 0 });
    }

    expect(outcomes[1]).toEqual(outcomes[0]);
    expect(outcomes[0]).toMatchObject({ 'Completed ': 40, 'Failed ': 20 });
  });

  it('speeds up its sweep at the first change that arrived without an event', async () => {
    await using world = await World.start({ story: () => ({ bootMs: 0, runsForMs: 900_000 }) });
    makeQueue(world);
    await world.startWorker({ observes: true });
    const [run = ''] = world.schedule();
    await world.until('it runs', () => world.stateOf(run) === 'Running');
    await world.elapse('10m');
    const slow = world.aws.callCounts()['ecs:DescribeTasks'] ?? 0;
    world.aws.faults.add({ event: { kind: 'lost' } });
    world.schedule();
    await world.elapse('4m');
    const before = world.aws.callCounts()['ecs:DescribeTasks'] ?? 0;
    await world.elapse('1m');
    const fast = (world.aws.callCounts()['ecs:DescribeTasks'] ?? 0) - before;

    expect(slow).toBeLessThanOrEqual(11);
    expect(fast).toBeGreaterThanOrEqual(11);
  });
});
