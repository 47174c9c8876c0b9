import { describe, expect, it } from 'vitest';
import { World } from './world.ts';

const runsAtOnce = 1_000;
const runsOfTwo = 400;

/**
 * Starts a world with AWS's published rate limits. Its tasks take longer to start than all launches
 * together, so that every run is still Pending when the last one is launched.
 */
async function worldWithLimits(): Promise<{
  readonly world: World;
  readonly refused: () => number;
}> {
  const world = await World.start({
    aws: { rateLimits: true, delays: { provisioning: 280_000 } },
  });
  world.configurePool({ task_watch_poll_interval: 60 });
  let refused = 0;
  world.betweenAws = async (_request, answer) => {
    const response = await answer();
    refused += response.status === 400 ? 1 : 0;
    return response;
  };
  return { world, refused: () => refused };
}

/** Virtual seconds until all runs are launched. */
async function secondsToLaunch(world: World, runs = runsAtOnce): Promise<number> {
  const since = world.clock.monotonicMs();
  await world.until(
    'all are launched',
    () => world.aws.callCounts()['ecs:RunTask'] === runs,
    '90s',
    '100ms',
  );
  return (world.clock.monotonicMs() - since) / 1000;
}

/** The longest time without a poll, in seconds. */
function longestPause(polls: readonly number[]): number {
  return Math.max(...polls.slice(1).map((at, before) => at - (polls[before] ?? NaN)));
}

/** DescribeTaskDefinition of a new family answers 400 once: no throttling. */
const familyLookUps = 1;

describe("A launch of many due runs within AWS's rate limits", () => {
  it('takes 52 s on Fargate (its limit alone: 49), unthrottled, with polls on time', async () => {
    const { world, refused } = await worldWithLimits();
    await using _world = world;
    world.schedule(runsAtOnce);
    await world.startWorker();

    expect(await secondsToLaunch(world)).toBeLessThanOrEqual(52);
    expect(refused()).toBe(familyLookUps);
    const polls = world.polls();
    expect(longestPause(polls)).toBeLessThanOrEqual(13); // 10 s and its jitter
    // the next page is polled when half of a page is launched
    expect(polls.length).toBeLessThanOrEqual(12);
  });

  it('takes 24 s on EC2 (its limit alone: 22.5), unthrottled', async () => {
    const { world, refused } = await worldWithLimits();
    await using _world = world;
    world.configurePool({ task_watch_poll_interval: 60, launch_type: 'EC2' });
    world.aws.capacity.addInstance({ cluster: 'default' }, { cpu: 4_000_000, memory: 8_000_000 });
    world.schedule(runsAtOnce);
    await world.startWorker();

    expect(await secondsToLaunch(world)).toBeLessThanOrEqual(24);
    expect(refused()).toBe(familyLookUps);
  });

  it(`of ${runsOfTwo} by two workers with half the limits each is not throttled`, async () => {
    const { world, refused } = await worldWithLimits();
    await using _world = world;
    world.schedule(runsOfTwo);
    const environment = { PREFECT_ECS_AWS_RATE_SHARE: '0.5' };
    await world.startWorker({ name: 'one', environment });
    await world.startWorker({ name: 'two', environment });

    expect(await secondsToLaunch(world, runsOfTwo)).toBeLessThanOrEqual(25);
    expect(refused()).toBeLessThanOrEqual(2 * familyLookUps);
  });
});

describe('A worker that launches 10,000 runs', () => {
  it('completes their cancellations within 10 s each, and goes on launching', async () => {
    await using world = await World.start({
      aws: { rateLimits: true, delays: { provisioning: 120_000 } },
      story: () => ({ bootMs: 0 }),
    });
    world.configurePool({ task_watch_poll_interval: 60 });
    const runs = world.schedule(10_000);
    await world.startWorker();
    await world.elapse('12s');
    const launched = runs.filter((run) => world.prefect.stateOf(run).type === 'PENDING');
    expect(launched.length).toBeGreaterThan(200);

    for (const run of runs) world.prefect.cancel(run);
    const left = new Set(launched);
    const waited: number[] = [];
    for (let seconds = 1; left.size > 0 && seconds <= 60; seconds += 1) {
      await world.elapse('1s');
      for (const run of left) {
        if (world.stateOf(run) !== 'Cancelled') continue;
        left.delete(run);
        waited.push(seconds);
      }
    }

    expect(runs.filter((run) => world.stateOf(run) !== 'Cancelled')).toEqual([]);
    expect(waited[Math.floor(launched.length * 0.99)]).toBeLessThan(10);
    const late = world.schedule(100);
    await world.until(
      'the late ones are launched',
      () => late.every((run) => world.prefect.stateOf(run).type === 'PENDING'),
      '30s',
    );
  });
});
