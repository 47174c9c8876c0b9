import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { systemClock } from '../../src/kernel/clock.ts';
import { executionsIn, onceEach } from './marks.ts';
import { RealWorld } from './real-world.ts';

/**
 * Each run is a Python process that takes seconds. CI plays enough to fill the slots more than
 * once; by hand use `LIMITED_RUNS=50`.
 */
const { LIMITED_RUNS: runs } = z
  .object({ LIMITED_RUNS: z.coerce.number().int().positive().default(12) })
  .parse(process.env);
const limit = 5;

describe(`A worker with a limit of ${limit}`, () => {
  let world: RealWorld;

  beforeAll(async () => {
    world = await RealWorld.start('limited');
  });
  afterAll(() => world[Symbol.asyncDispose]());

  it(`never exceeds it in ${runs} runs, with one RunTask a run and one look a round`, async () => {
    const marks = join(world.folder, 'marks');
    await mkdir(marks);
    await using worker = await world.startWorker(['--limit', String(limit)]);
    const deployment = await world.deploy('leaves_a_mark');
    // measured from here: the first task starts while later runs are still being scheduled
    const startedMs = systemClock.monotonicMs();
    const ids: string[] = [];
    while (ids.length < runs) ids.push(await world.schedule(deployment, { folder: marks }));
    let mostAlive = 0;
    const watching = new AbortController();
    const watch = (async () => {
      while (!watching.signal.aborted) {
        const tasks = await world.awsTasks();
        mostAlive = Math.max(
          mostAlive,
          tasks.filter((task) => task.lastStatus !== 'STOPPED').length,
        );
        await systemClock.sleep(200, watching.signal).catch(() => undefined);
      }
    })();

    await world.allAre(ids, 'COMPLETED', 480_000);
    watching.abort();
    await watch;

    const seconds = (systemClock.monotonicMs() - startedMs) / 1000;
    const calls = await world.awsCalls();
    expect(await executionsIn(marks)).toEqual(onceEach(ids));
    expect(mostAlive).toBeLessThanOrEqual(limit);
    expect(calls['ecs:RegisterTaskDefinition']).toBe(1);
    expect(calls['ecs:RunTask']).toBe(runs);
    // a sweep round is a second in this setup
    expect(calls['ecs:DescribeTasks']).toBeLessThanOrEqual(Math.ceil(seconds) + 1);
    const looks = Math.ceil(seconds / 300); // answers about the network are cached for 5 minutes
    expect(calls['ec2:DescribeVpcs']).toBeLessThanOrEqual(looks);
    expect(calls['ec2:DescribeSubnets']).toBeLessThanOrEqual(looks);
    void worker;
  }, 500_000);
});
