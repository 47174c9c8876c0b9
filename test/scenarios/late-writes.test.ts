import { describe, expect, it } from 'vitest';
import { Answer } from '../../src/local/message.ts';
import { Disconnect } from '../../src/local/disconnect.ts';
import type { ProcessStory } from './engine-executor.ts';
import type { WorkerFacts } from './world-worker.ts';
import { World } from './world.ts';

const setState = 'POST /flow_runs/{id}/set_state';
const itsClaim = { call: 1, sinceClaim: true } as const;

interface Late {
  readonly world: World;
  readonly run: string;
  readonly claims: () => number;
}

describe('A late claim of a run whose process waits for its own retry', () => {
  /**
   * Makes the late claim: the second worker is frozen after it saw the run as Scheduled, and thaws
   * when the first worker's process waits for its retry.
   */
  async function lateClaim(story: ProcessStory, facts: WorkerFacts = {}): Promise<Late> {
    const retrying = {
      retries: 1,
      retryDelaySeconds: 120,
      ending: { kind: 'fails', attempts: 1 },
    } as const;
    const world = await World.start({ story: () => ({ ...retrying, ...story }) });
    const freezeAt = { ...itsClaim, when: 'before', forMs: 60_000 } as const;
    await world.startWorker({ name: 'second', freezeAt, ...facts });
    await world.elapse('1s');
    const [run = ''] = world.schedule();
    await world.elapse('15s');
    await world.startWorker({ name: 'first' });
    await world.until(
      'its process waits',
      () => world.statesOf(run).includes('AwaitingRetry'),
      '2m',
    );
    return {
      world,
      run,
      claims: () => world.statesOf(run).filter((name) => name === 'Pending').length,
    };
  }

  it('is withdrawn and launches nothing', async () => {
    const { world, run, claims } = await lateClaim({});
    await using _world = world;

    await world.until('it is over', () => world.stateOf(run) === 'Completed', '20m');

    expect(claims()).toBe(2);
    expect(world.executor.startsOf(run)).toBe(1);
  });

  it('does not hide the process’s end when the claiming worker died', async () => {
    const killAt = { ...itsClaim, when: 'after' } as const;
    const { world, run, claims } = await lateClaim({ diesAfterMs: 140_000 }, { killAt });
    await using _world = world;

    await world.until('it is over', () => world.stateOf(run) === 'Crashed', '20m');

    expect(claims()).toBe(2);
    expect(world.executor.startsOf(run)).toBe(1);
  });

  // The withdrawal restores the wait as SCHEDULED within a minute after the claim. If a reader took
  // that for the state that the claim had overwritten, the claim would count, and the process's end
  // would never be reported (unlike worker.md 0.4.15).
  it('does not hide the process’s end when the claim was withdrawn', async () => {
    const { world, run, claims } = await lateClaim({ diesAfterMs: 100_000 });
    await using _world = world;

    await world.until('it is over', () => world.stateOf(run) === 'Crashed', '20m');

    expect(claims()).toBe(2);
  });
});

describe('A run whose history is listed out of order', () => {
  it('is Crashed when its task dies', async () => {
    await using world = await World.start({
      story: () => ({ runsForMs: 60_000, ending: { kind: 'exits', exitCode: 137 } }),
    });
    const late = { operation: setState, fault: { kind: 'late-commit', ms: 4_000 } } as const;
    // the first state of the process, Running, is committed late
    world.prefect.faults.add({ ...late, after: 2, times: 1 });
    await world.startWorker();
    const [run = ''] = world.schedule();
    await world.until('it was submitted', () => world.stateOf(run) === 'Submitting', '1m', '100ms');
    await world.elapse('6s');
    world.prefect.setState(run, 'PENDING', { name: 'InfrastructurePending' });
    await world.until('it runs', () => world.stateOf(run) === 'Running', '1m', '100ms');
    expect(world.prefect.history(run).at(-1)?.name).toBe('InfrastructurePending');

    await world.until('it is over', () => world.stateOf(run) === 'Crashed', '5m');
  });
});

describe('A run that was never claimed', () => {
  it('is claimed and launched once although late progress made it Pending', async () => {
    await using world = await World.start();
    const [run = ''] = world.schedule();
    world.prefect.setState(run, 'PENDING', { name: 'InfrastructurePending' });

    await world.startWorker();
    await world.until('it is over', () => world.stateOf(run) === 'Completed', '20m');

    expect(world.executor.startsOf(run)).toBe(1);
  });
});

describe('The follower label of an active run', () => {
  it('is written again when another writer’s update loses it', async () => {
    await using world = await World.start({ story: () => ({ runsForMs: 1_800_000 }) });
    await world.startWorker();
    const [run = ''] = world.schedule();
    const follower = (): unknown => world.prefect.run(run).labels['prefect.ecs.follower'];
    await world.until('it runs', () => world.stateOf(run) === 'Running');
    const before = follower();

    const { 'prefect.ecs.follower': _lost, ...labels } = world.prefect.run(run).labels;
    world.prefect.world.runs.put({ ...world.prefect.run(run), labels }, world.prefect.world.now());
    expect(follower()).toBeUndefined();
    await world.elapse('6m');

    expect(follower()).toBe(before);
  });
});

describe('A claim that lost its deployment slot', () => {
  it('is not given back while an unanswered launch may live', async () => {
    await using world = await World.start({
      aws: { delays: { provisioning: 400_000 }, consistency: { unlistedMs: 390_000 } },
    });
    world.limitDeployment(1);
    world.configurePool({ task_start_timeout_seconds: 900 });
    const capacity = { tasks: [], failures: [{ reason: 'Capacity is unavailable at this time.' }] };
    let calls = 0;
    world.betweenAws = async (request, answer) => {
      if (request.headers.get('x-amz-target')?.endsWith('.RunTask') !== true) return answer();
      calls += 1;
      if (calls === 1) {
        await answer();
        world.aws.capacity.fargate(false);
        throw new Disconnect('the answer is lost');
      }
      return Answer.json(200, capacity, { 'content-type': 'application/x-amz-json-1.1' });
    };
    await world.startWorker();
    const [run = ''] = world.schedule();
    await world.until('it waits', () => world.stateOf(run) === 'AwaitingCapacity 2');

    world.prefect.restart(); // loses every lease
    await world.elapse('8m');

    expect(world.statesOf(run).filter((name) => name === 'Scheduled')).toHaveLength(1);
    expect(world.executor.startsOf(run)).toBe(1);
  });
});

describe('A worker restarted while 450 runs end one after another', () => {
  it('adopts every run that is still active', async () => {
    const long = new Set<string>();
    await using world = await World.start({
      story: (run) => ({ runsForMs: long.has(run) ? 1_200_000 : 60_000 }),
    });
    const runs: string[] = [];
    for (let made = 0; made < 450; made += 1) {
      runs.push(...world.schedule());
      await world.elapse('2ms'); // distinct expected start times, by which pages are ordered
    }
    const first = await world.startWorker();
    runs.slice(225).forEach((run) => long.add(run));
    await world.until('all run', () => runs.every((run) => world.stateOf(run) === 'Running'), '5m');
    first.kill();
    const slow = {
      operation: 'POST /flow_runs/filter',
      fault: { kind: 'slow', ms: 50_000 },
    } as const;
    // the first 225 runs end between two pages
    world.prefect.faults.add({ ...slow, after: 1, times: 1 });
    await world.startWorker();
    await world.elapse('4m');

    const followers = new Set(
      [...long].map(
        (run) => String(world.prefect.run(run).labels['prefect.ecs.follower']).split(' ')[1],
      ),
    );
    expect(followers.size).toBe(1);
  });
});
