import { describe, expect, it } from 'vitest';
import { makeQueue } from './event-queue.ts';
import { World } from './world.ts';

/**
 * The promise is 10,000 tasks: `TASKS=10000 npm test -- scenarios many-tasks`. CI runs a tenth or
 * less of them.
 */
const many = Number(process.env['TASKS'] ?? 0);

const dies = () =>
  ({ bootMs: 0, runsForMs: 600_000, ending: { kind: 'exits', exitCode: 3 } }) as const;
const limited = { rateLimits: true };

/** Seconds from each task's end to its run's last state, shortest first. */
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

describe('A dying task of 10 minutes', () => {
  it('is reported by events within 1.5 s at 3.2 AWS calls a task, none throttled', async () => {
    const measured = await seeThemDie(many || 1_000, true);
    await using world = measured.world;

    expect(measured.p99).toBeLessThanOrEqual(1.5);
    expect(measured.perTask).toBeLessThanOrEqual(3.2);
    expect(world.log.filter((line) => line.includes('Rate exceeded'))).toEqual([]);
  });

  it('is reported by the sweep alone within 10 s, with no call throttled', async () => {
    const measured = await seeThemDie(many || 300, false);
    await using world = measured.world;

    expect(measured.p99).toBeLessThanOrEqual(10);
    expect(world.log.filter((line) => line.includes('Rate exceeded'))).toEqual([]);
  });
});
