import { describe, expect, it } from 'vitest';
import { makeQueue } from './event-queue.ts';
import { World } from './world.ts';

/**
 * In CI a tenth of the promise and less: `TASKS=10000 npm test -- scenarios many-tasks` shows all
 * of it.
 */
const many = Number(process.env['TASKS'] ?? 0);

const dies = () =>
  ({ bootMs: 0, runsForMs: 600_000, ending: { kind: 'exits', exitCode: 3 } }) as const;
const limited = { rateLimits: true };

/** How long after its task's end each run's last state came, in seconds, shortest first. */
function latencies(world: World, runs: readonly string[]): readonly number[] {
  const stoppedAt = new Map(
    world.aws
      .tasks()
      .map((task) => [task.startedBy?.split('/')[1] ?? '', task.stoppedAt?.getTime() ?? NaN]),
  );
  return runs
    .map(
      (run) =>
        (Date.parse(world.prefect.stateOf(run).timestamp) - (stoppedAt.get(run) ?? NaN)) / 1000,
    )
    .sort((one, other) => one - other);
}

const p99 = (sorted: readonly number[]): number =>
  sorted[Math.ceil(sorted.length * 0.99) - 1] ?? NaN;

async function seeThemDie(count: number, observes: boolean) {
  const world = await World.start({ story: dies, aws: limited });
  if (observes) makeQueue(world);
  await world.startWorker({ observes });
  const runs = world.schedule(count);
  await world.until(
    'all are over',
    () => runs.every((run) => world.stateOf(run) === 'Crashed'),
    '3h',
    '10s',
  );
  await world.elapse('10s');
  const found = latencies(world, runs);
  const calls = world.aws.callCounts();
  const perTask = Object.values(calls).reduce((sum, times) => sum + times, 0) / count;
  const measured = {
    p50: found[count >> 1] ?? NaN,
    p99: p99(found),
    most: found.at(-1) ?? NaN,
    perTask,
  };
  console.warn(JSON.stringify({ observes, count, ...measured, calls }));
  return { world, ...measured };
}

describe('tasks of 10 minutes that die', () => {
  it('by events are told of within 1.5 s, confirmed by ECS, at 3.2 calls of AWS each, none throttled', async () => {
    const measured = await seeThemDie(many || 1_000, true);
    await using world = measured.world;

    expect(measured.p99).toBeLessThanOrEqual(1.5);
    expect(measured.perTask).toBeLessThanOrEqual(3.2);
    expect(world.log.filter((line) => line.includes('Rate exceeded'))).toEqual([]);
  });

  it('by the sweep alone are told of within 10 s, at half the read bucket, none throttled', async () => {
    const measured = await seeThemDie(many || 300, false);
    await using world = measured.world;

    expect(measured.p99).toBeLessThanOrEqual(10);
    expect(world.log.filter((line) => line.includes('Rate exceeded'))).toEqual([]);
  });
});
