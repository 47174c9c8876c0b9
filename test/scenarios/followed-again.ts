import { seededRandom } from '../../src/kernel/random.ts';
import type { WorkerFacts } from './world-worker.ts';
import { World } from './world.ts';

/** How a task's follower ended, and which worker succeeds it (worker.md 9.8.7). */
export type Going =
  | 'same name, restarted'
  | 'drained, other name beside'
  | 'drained, other name later'
  | 'drained, same name beside'
  | 'killed, other name beside'
  | 'killed, other name later'
  | 'killed, same name beside'
  | 'killed, workers cannot be listed';

/**
 * Seconds within which the task must be followed again. They count from the follower's end, or from
 * its successor's start where no other worker lived before.
 */
export const bounds: Readonly<
  Record<Going, { readonly seconds: number; readonly from: 'going' | 'start' }>
> = {
  'same name, restarted': { seconds: 30, from: 'start' },
  'drained, other name beside': { seconds: 75, from: 'going' },
  'drained, other name later': { seconds: 75, from: 'start' },
  'drained, same name beside': { seconds: 45, from: 'going' },
  'killed, other name beside': { seconds: 240, from: 'going' },
  'killed, other name later': { seconds: 240, from: 'start' },
  'killed, same name beside': { seconds: 240, from: 'going' },
  'killed, workers cannot be listed': { seconds: 720, from: 'going' },
};

export const goings = Object.keys(bounds) as readonly Going[]; // the keys of this very record

/** The load beside the measured run: live runs of other workers, and Prefect's read time. */
export interface Fleet {
  readonly liveRuns: number;
  readonly readMs: number;
}

/** Plays one end of a follower with random gaps; returns the seconds until followed again. */
export async function secondsUntilFollowed(
  going: Going,
  seed: number,
  { liveRuns, readMs }: Fleet = { liveRuns: 0, readMs: 0 },
): Promise<number> {
  const random = seededRandom(seed);
  const between = (low: number, high: number): string =>
    `${Math.round(low + (high - low) * random.next())}s`;
  await using world = await World.start({
    seed,
    leaves: { all: 'only the delay is measured here' },
    story: () => ({ runsForMs: 24 * 3_600_000 }),
  });
  if (going === 'killed, workers cannot be listed')
    world.prefect.faults.add({
      operation: '*workers/filter',
      fault: { kind: 'error', status: 403 },
    });
  const isSame = going.includes('same name');
  const isBeside = going.endsWith('beside') || going === 'killed, workers cannot be listed';
  const first = await world.startWorker({ name: 'first' });
  // With two workers of one name, the younger adopts the runs that it finds at its start. So the
  // run is scheduled after that.
  const successor: WorkerFacts = {
    name: isSame ? 'first' : 'second',
    ...(isBeside && isSame && { limit: 0 }),
  };
  if (isBeside && isSame) {
    await world.elapse('30s');
    await world.startWorker(successor);
    await world.elapse('5s');
  }
  const [run = ''] = world.schedule();
  await world.until('it runs', () => world.stateOf(run) === 'Running', '10m');
  await world.elapse(between(1, 300));
  if (liveRuns > 0) othersRuns(world, liveRuns);
  if (readMs > 0) slowReads(world, readMs);
  if (isBeside) {
    if (!isSame) await world.startWorker(successor);
    await world.elapse(between(30, 300));
  }
  if (going.startsWith('drained') || (going === 'same name, restarted' && random.next() < 0.5))
    first.drain();
  else first.kill();
  let sinceMs = world.clock.monotonicMs();
  if (!isBeside) {
    await world.elapse(between(1, 600));
    await world.startWorker(successor);
    sinceMs = world.clock.monotonicMs();
  }
  const isFollowed = (): boolean =>
    world.log.some((line) => line.includes('follows ECS task') && line.includes(' info '));
  await world.until('it is followed again', isFollowed, '30m');
  return (world.clock.monotonicMs() - sinceMs) / 1000;
}

function slowReads(world: World, ms: number): void {
  for (const operation of ['GET *', 'POST *filter'])
    world.prefect.faults.add({ operation, fault: { kind: 'slow', ms } });
}

/** Adds runs that other workers follow. Those workers send heartbeats until the world ends. */
export function othersRuns(
  world: World,
  count: number,
  workers: readonly string[] = ['beside'],
): void {
  const launchId = '00000000-0000-4000-8000-000000000001';
  const processId = '00000000-0000-4000-8000-000000000002';
  for (let nth = 1; nth <= count; nth += 1) {
    const at = new Date(world.clock.now().getTime() - nth * 1_000).toISOString();
    const id = world.prefect.schedule(world.deployment, { at });
    world.prefect.setState(id, 'PENDING');
    world.prefect.setState(id, 'RUNNING');
    const worker = workers[nth % workers.length] ?? 'beside';
    world.prefect.setLabels(id, { 'prefect.ecs.follower': `${launchId} ${processId} ${worker}` });
  }
  for (const worker of workers) void beatForEver(world, worker);
}

async function beatForEver(world: World, worker: string): Promise<void> {
  for (;;) {
    world.prefect.heartbeat(world.pool, worker);
    await world.clock.sleep(30_000, new AbortController().signal);
  }
}
