import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedAbortController } from '../../src/kernel/abort.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { seededRandom } from '../../src/kernel/random.ts';
import { executionsIn } from './marks.ts';
import { until } from './processes.ts';
import { serverAhead } from './server-ahead.ts';
import { RealWorld, type RunDocument } from './real-world.ts';

/**
 * By hand: RUNS=60 SEED=7 npx vitest run --project end-to-end test/end-to-end/mixed-pool.test.ts
 */
const runs = Number(process.env['RUNS'] ?? 8);
const seed = Number(process.env['SEED'] ?? 6);
const withinMs = 180_000 + runs * 5_000;
const never = sharedAbortController().signal;
const minuteMs = 60_000;

describe('A pool shared with the unchanged Python worker', () => {
  let world: RealWorld;
  let marks: string;

  beforeAll(async () => {
    world = await RealWorld.start('mixed');
    marks = join(world.folder, 'marks');
    await mkdir(marks);
  });
  afterAll(() => world[Symbol.asyncDispose]());

  /** Part of the job, so that no run depends on the environment of the worker that launches it. */
  const credentials = () => ({
    aws_access_key_id: world.awsEnvironment['AWS_ACCESS_KEY_ID'],
    aws_secret_access_key: world.awsEnvironment['AWS_SECRET_ACCESS_KEY'],
    region_name: world.awsEnvironment['AWS_REGION'],
  });

  const startOurs = () => world.startWorker(['--name', 'ours', '--limit', '4']);
  const startPython = () => world.startPythonWorker('python', {}, ['--limit', '4']);

  it(
    `starts none of ${runs} runs twice, and reports what a killed Python worker lost`,
    async () => {
      const random = seededRandom(seed);
      let ours = await startOurs();
      const deployment = await world.deploy('leaves_a_mark', {
        jobVariables: { aws_credentials: credentials() },
      });
      let pythons = await startPython();
      const ids: string[] = [];
      while (ids.length < runs) ids.push(await world.schedule(deployment, { folder: marks }));

      await tasksStarted(Math.ceil(runs / 4));
      await systemClock.sleep(random.next() * 2_000, never); // a random moment
      pythons.signal('SIGKILL');
      await pythons.ended;
      pythons = await startPython();
      await tasksStarted(Math.ceil(runs / 2));
      await systemClock.sleep(random.next() * 2_000, never);
      ours.signal('SIGKILL');
      await ours.ended;
      ours = await startOurs();

      const settled = await until(
        'every run to be Completed, or claimed by Python and lost',
        withinMs,
        () => allSettled(ids),
      );
      const lost = settled.filter((run) => run.state_type !== 'COMPLETED').map((run) => run.id);
      for (const worker of [ours, pythons]) {
        worker.signal('SIGTERM');
        await worker.ended;
      }
      const executions = await executionsIn(marks);
      expect(Object.keys(executions).toSorted()).toEqual(
        ids.filter((id) => !lost.includes(id)).toSorted(),
      );
      expect(Object.values(executions).filter((count) => count !== 1)).toEqual([]);
      expect(pythonsShare(ours.lines, ids.length)).toBeGreaterThan(0);

      await tellOfLost([...lost, await claimedAndLost(deployment)]);
    },
    withinMs * 2,
  );

  /** The number of runs that our worker did not submit. */
  function pythonsShare(lines: readonly string[], count: number): number {
    return count - lines.filter((line) => line.includes('Created ECS task')).length;
  }

  const tasksStarted = (count: number): Promise<true> =>
    until(`${count} tasks`, withinMs, async () =>
      (await world.awsTasks()).length >= count ? true : undefined,
    );

  /** Leaves a run as a Python worker does that dies right after its claim: Pending, no labels. */
  async function claimedAndLost(deployment: string): Promise<string> {
    const id = await world.schedule(deployment, { folder: marks });
    await world.api('POST', `/flow_runs/${id}/set_state`, {
      state: { type: 'PENDING', name: 'Pending' },
    });
    return id;
  }

  /** All runs, once each is Completed, or Pending without a task: a claim that Python lost. */
  async function allSettled(ids: readonly string[]): Promise<readonly RunDocument[] | undefined> {
    const found = await world.readAll(ids);
    const open = found.filter((run) => run.state_type !== 'COMPLETED');
    if (open.length === 0) return found;
    const tasks = await world.awsTasks();
    const hasTask = (id: string): boolean =>
      tasks.some((task) => task.tags.some(({ value }) => value === id));
    const isLost = (run: RunDocument): boolean =>
      run.state_type === 'PENDING' && (run.state?.message ?? '') === '' && !hasTask(run.id);
    return tasks.every((task) => task.lastStatus === 'STOPPED') && open.every(isLost)
      ? found
      : undefined;
  }

  /** Lost runs are logged 10 minutes after the claim and crashed after 30 (worker.md 9.7.4). */
  async function tellOfLost(lost: readonly string[]): Promise<void> {
    await withLaterWorker(10 * minuteMs, async () => {
      for (const id of lost) {
        // A run with labels takes longer: the pool must first show its worker as OFFLINE, and our
        // worker must have been in contact for two minutes.
        await until(`run ${id} to be logged as lost`, 300_000, async () => {
          const lines = await world.logsOf(id);
          return lines.some((line) => line.includes('its ECS task was not found'))
            ? true
            : undefined;
        });
      }
    });
    await withLaterWorker(31 * minuteMs, async () => {
      for (const id of lost) {
        const run = await world.stateOf(id, 'CRASHED');
        expect(run.state?.message).toContain('no ECS task was found within 1800 seconds');
      }
    });
  }

  /**
   * Runs our worker against a server whose `Date` header is ahead. The worker takes ages from that
   * header, so the server's records seem older, without a wait.
   */
  async function withLaterWorker(aheadMs: number, body: () => Promise<void>): Promise<void> {
    await using later = await serverAhead(world.apiUrl, aheadMs);
    await using worker = await world.startWorker(['--name', 'ours'], {
      PREFECT_API_URL: later.apiUrl,
    });
    await body();
    worker.signal('SIGTERM');
    await worker.ended;
  }
});
