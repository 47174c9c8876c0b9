import { describe, expect, it } from 'vitest';
import { World } from './world.ts';

const hours = 3_600_000;

/** The highest number of tasks alive at once, sampled every 10 s. */
async function mostAlive(world: World, minutes: number): Promise<number> {
  let most = 0;
  for (let looked = 0; looked < minutes * 6; looked += 1) {
    await world.elapse('10s');
    most = Math.max(most, world.aws.runningTasks().length);
  }
  return most;
}

async function threeRunning(world: World): Promise<readonly string[]> {
  const runs = world.schedule(3);
  await world.until('they run', () => runs.every((run) => world.stateOf(run) === 'Running'), '10m');
  return runs;
}

describe('A limit of three', () => {
  it.each([
    ['kill', 'second', '2s'],
    ['kill', 'second', '40s'],
    ['kill', 'second', '20m'],
    ['kill', 'first', '2s'],
    ['drain', 'second', '2s'],
    ['drain', 'first', '40s'],
  ] as const)(
    'holds after a %s when the worker returns as %s after %s with runs due',
    async (how, name, gap) => {
      await using world = await World.start({ story: () => ({ runsForMs: 6 * hours }) });
      const first = await world.startWorker({ name: 'first', limit: 3 });
      const running = await threeRunning(world);
      await world.elapse('3m');
      if (how === 'kill') first.kill();
      else first.drain();
      await world.elapse(gap);
      const due = world.schedule(3);
      await world.startWorker({ name, limit: 3 });

      expect(await mostAlive(world, 20)).toBe(3);
      expect(running.every((run) => world.stateOf(run) === 'Running')).toBe(true);
      await world.until(
        'the others ran, too',
        () => due.every((run) => world.stateOf(run) === 'Running'),
        '7h',
        '1m',
      );
      expect(world.aws.runningTasks()).toHaveLength(3);
    },
  );

  it('delays a newcomer beside a living fleet by 75 s at most', async () => {
    await using world = await World.start({ story: () => ({ runsForMs: 6 * hours }) });
    await world.startWorker({ name: 'fleet' });
    const fleet = world.schedule(10);
    await world.until(
      'they run',
      () => fleet.every((run) => world.stateOf(run) === 'Running'),
      '10m',
    );
    await world.elapse('3m');
    const newcomer = await world.startWorker({ name: 'newcomer', limit: 3 });
    const sinceMs = world.clock.monotonicMs();
    const pollsOfNewcomer = (): number =>
      newcomer.outside.calls.filter((call) => call.endsWith('/get_scheduled_flow_runs')).length;
    await world.until('it polls', () => pollsOfNewcomer() > 0, '10m');
    expect((world.clock.monotonicMs() - sinceMs) / 1000).toBeLessThanOrEqual(75);
  });

  it('does not count suspended runs whose worker is gone', async () => {
    await using world = await World.start({ story: () => ({ runsForMs: 6 * hours }) });
    const suspended = world.schedule(3);
    for (const run of suspended) {
      world.prefect.setState(run, 'PENDING', { name: 'Pending' });
      world.prefect.setState(run, 'RUNNING');
      world.prefect.setState(run, 'PAUSED', {
        name: 'Suspended',
        details: { pause_reschedule: true },
      });
    }
    await world.startWorker({ name: 'first', limit: 3 });
    const due = world.schedule(3);
    await world.until('they run', () => due.every((run) => world.stateOf(run) === 'Running'), '3m');
    expect(world.aws.runningTasks()).toHaveLength(3);
  });

  it('frees a dead worker’s slots after 15 minutes if workers cannot be listed', async () => {
    await using world = await World.start({ story: () => ({ runsForMs: 6 * hours }) });
    const first = await world.startWorker({ name: 'first', limit: 3 });
    const running = await threeRunning(world);
    first.kill();
    await world.elapse('1m');
    world.prefect.faults.add({
      operation: '*workers/filter',
      fault: { kind: 'error', status: 500 },
    });
    const due = world.schedule(3);
    await world.startWorker({ name: 'second', limit: 3 });
    expect(await mostAlive(world, 14)).toBe(3);
    await world.until('they run', () => due.every((run) => world.stateOf(run) === 'Running'), '5m');
    const said = world.log.filter((line) => line.includes('no longer count against this worker'));
    expect(said).toHaveLength(1);
    expect(said[0]).toContain(running[0]);
  });

  it('delays the first claim until runs can be listed, and logs why', async () => {
    await using world = await World.start({ story: () => ({ runsForMs: 10_000 }) });
    const [run = ''] = world.schedule();
    const ill = world.prefect.faults.add({
      operation: 'POST /flow_runs/filter',
      fault: { kind: 'error', status: 500 },
    });
    const limited = await world.startWorker({ name: 'limited', limit: 3 });
    await world.elapse('2m');
    expect(limited.outside.calls.filter((call) => call.includes('get_scheduled'))).toEqual([]);
    expect(
      world.log.filter((line) =>
        line.includes('warning Listing the flow runs of the work pool failed'),
      ),
    ).toHaveLength(1);
    ill[Symbol.dispose]();
    await world.until('it ran', () => world.stateOf(run) === 'Completed', '5m');
  });

  it('counts runs that the worker released until their tasks stop', async () => {
    await using world = await World.start({ story: () => ({ runsForMs: 30 * 60_000 }) });
    const frozen = await world.startWorker({ name: 'first', limit: 3 });
    await threeRunning(world);
    await world.elapse('1m');
    frozen.outside.freeze();
    await world.startWorker({ name: 'second' });
    await world.until(
      'they are followed',
      () => world.log.filter((line) => line.includes('follows ECS task')).length === 3,
      '10m',
    );
    frozen.outside.thaw();
    await world.elapse('1m');
    await world.startWorker({ name: 'third', limit: 0 });
    const due = world.schedule(4);
    await world.elapse('2m');
    const byFirst = due.filter((run) =>
      world.prefect.history(run).some((state) => state.message?.includes("'first'") === true),
    );
    expect(byFirst).toEqual([]);
  });
});
