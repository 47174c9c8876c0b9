import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedAbortController } from '../../src/kernel/abort.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { executionsIn, onceEach } from './marks.ts';
import { until } from './processes.ts';
import { RealWorld } from './real-world.ts';

/**
 * By hand: RUNS=300 LIMIT=20 SEED=7 npx vitest run --project end-to-end
 * test/end-to-end/killed.test.ts
 */
const runs = Number(process.env['RUNS'] ?? 9);
const limit = Number(process.env['LIMIT'] ?? 4);
const seed = Number(process.env['SEED'] ?? 6);
const kills = 3;
const stoppedMs = 4_000;
const withinMs = 120_000 + runs * 5_000;
const never = sharedAbortController().signal;

describe('A worker', () => {
  let world: RealWorld;

  beforeAll(async () => {
    world = await RealWorld.start('killed');
  });
  afterAll(() => world[Symbol.asyncDispose]());

  const tasksStarted = (count: number): Promise<true> =>
    until(
      `${count} tasks`,
      withinMs,
      async () => ((await world.awsTasks()).length >= count ? true : undefined),
      500,
    );

  it(
    `killed ${kills} times and paused once loses and doubles none of ${runs} runs`,
    async () => {
      const random = seededRandom(seed);
      const marks = join(world.folder, 'marks');
      await mkdir(marks);
      const startWorker = () => world.startWorker(['--name', 'killed', '--limit', String(limit)]);
      let worker = await startWorker();
      const deployment = await world.deploy('leaves_a_mark');
      const ids: string[] = [];
      while (ids.length < runs) ids.push(await world.schedule(deployment, { folder: marks }));

      for (let kill = 0; kill < kills; kill += 1) {
        await tasksStarted(1 + Math.floor((kill * runs) / kills));
        // A random moment, at which anything from a claim to a report may be under way.
        await systemClock.sleep(random.next() * 3_000, never);
        worker.signal('SIGKILL');
        await worker.ended;
        worker = await startWorker();
      }
      worker.signal('SIGSTOP');
      // The pause itself is under test, so there is no fact to wait for.
      await systemClock.sleep(stoppedMs, never);
      worker.signal('SIGCONT');

      const ended = await world.allAre(ids, 'COMPLETED', withinMs);
      const tasks = await world.awsTasks();
      const taskRuns = tasks.map(
        (task) => task.tags.find((tag) => tag.key === 'prefect.io/flow-run-id')?.value,
      );
      expect(ended).toHaveLength(runs);
      expect(taskRuns.toSorted()).toEqual(ids.toSorted());
      expect(await executionsIn(marks)).toEqual(onceEach(ids));
    },
    withinMs * 2,
  );
});
