import { describe, expect, it } from 'vitest';
import { Answer } from '../../src/local/message.ts';
import {
  canaries,
  echo,
  forms,
  found,
  keepSecrets,
  shownBy,
  workerEnvironment,
} from './canaries.ts';
import type { ProcessStory } from './engine-executor.ts';
import { makeQueue } from './event-queue.ts';
import { World } from './world.ts';

const long: ProcessStory = { bootMs: 1_000, runsForMs: 3_600_000 };
const environment = {
  ...workerEnvironment,
  PREFECT_LOGGING_TO_API_ENABLED: 'true',
  PREFECT_LOGGING_LEVEL: 'DEBUG',
  PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_ENABLED: 'true',
};

async function aWorld(story: ProcessStory = long): Promise<World> {
  const world = await World.start({
    story: () => story,
    speech: () => [{ afterMs: 5_000, text: `said: ${echo}` }],
    leaves: { all: 'what people are shown is the matter here, not how a run ends' },
  });
  keepSecrets(world);
  makeQueue(world);
  return world;
}

const stopAs = (world: World, run: string): void =>
  world.aws.stopTaskAs(world.tasksOf(run)[0]?.taskArn ?? '', {
    code: 'UserInitiated',
    reason: `echo: ${echo}`,
  });

/** A run whose worker was killed, and that another one has taken over. */
async function adopted(
  world: World,
  by: { readonly environment: Readonly<Record<string, string>>; readonly meanwhile?: () => void },
): Promise<string> {
  const first = await world.startWorker({ name: 'first', environment });
  const [run = ''] = world.schedule();
  await world.until('it runs', () => world.stateOf(run) === 'Running');
  first.kill();
  by.meanwhile?.();
  await world.startWorker({ name: 'second', environment: by.environment });
  await world.until('it is adopted', () =>
    world.log.some((line) => line.includes('adopted this flow run')),
  );
  return run;
}

it('25 canaries in six forms: each is found where nothing takes it out', () => {
  expect(canaries).toHaveLength(25);
  expect(found(echo)).toHaveLength(25 * Object.keys(forms).length);
});

describe('no secret comes out', () => {
  it('of the launcher of a task that ECS stopped with a reason that repeats all, at debug level', async () => {
    await using world = await aWorld();
    const worker = await world.startWorker({ observes: true, environment });
    const [run = ''] = world.schedule();
    await world.until('it runs', () => world.stateOf(run) === 'Running');
    await world.elapse('20s');
    stopAs(world, run);
    await world.until('it is told', () => world.stateOf(run) === 'Crashed');
    await world.elapse('1m');

    const shown = await shownBy(world, [run]);
    expect(shown).toContain('echo: ');
    expect(shown).toContain('said: ');
    expect(found(shown)).toEqual([]);
    worker.kill();
  });

  it('of a launch that RunTask refuses in words that repeat all', async () => {
    await using world = await aWorld();
    const body = JSON.stringify({ __type: 'InvalidParameterException', message: `echo: ${echo}` });
    world.betweenAws = async (request, answer) =>
      request.headers.get('x-amz-target')?.endsWith('.RunTask') === true
        ? new Answer(400, body)
        : answer();
    await world.startWorker({ environment });
    const [run = ''] = world.schedule();
    await world.until('it is told', () => world.stateOf(run) === 'Crashed');
    await world.elapse('10s');

    const shown = await shownBy(world, [run]);
    expect(shown).toContain('echo: ');
    expect(found(shown)).toEqual([]);
  });

  it.each([401, 403, 422, 500])(
    'of a Prefect that answers everything with %d and repeats all',
    async (status) => {
      await using world = await aWorld();
      await world.startWorker({ environment });
      const runs = world.schedule(2);
      await world.until('they run', () => runs.every((run) => world.stateOf(run) === 'Running'));
      const rule = world.prefect.faults.add({
        operation: '*',
        fault: { kind: 'error', status, message: `echo: ${echo}` },
        times: 60,
      });
      const more = world.schedule();
      await world.elapse('5m');
      rule[Symbol.dispose]();

      const shown = await shownBy(world, [...runs, ...more]);
      expect(shown).toContain('echo: ');
      expect(found(shown)).toEqual([]);
    },
  );

  it('of a worker that adopted the run', async () => {
    await using world = await aWorld();
    const run = await adopted(world, { environment });
    stopAs(world, run);
    await world.until('it is told', () => world.stateOf(run) === 'Crashed');
    await world.elapse('1m');

    const shown = await shownBy(world, [run]);
    expect(shown).toContain('echo: ');
    expect(found(shown)).toEqual([]);
  });

  it('of a worker that adopted a run whose job it cannot configure: its output is not shown at all', async () => {
    await using world = await aWorld();
    await adopted(world, {
      environment: { PREFECT_LOGGING_TO_API_ENABLED: 'true' },
      meanwhile: () => world.configurePool({ task_start_timeout_seconds: 'not a number' }),
    });
    const before = world.output.length;
    await world.elapse('1m');

    expect(world.output.slice(before)).toEqual([]);
  });

  it('of a worker that observes the task of another, which it does not follow', async () => {
    await using world = await aWorld({ bootMs: 60_000, runsForMs: 3_600_000 });
    const first = await world.startWorker({ name: 'first', environment });
    const [run = ''] = world.schedule();
    await world.until('it is launched', () => world.tasksOf(run).length === 1, '30m', '1s');
    await world.elapse('40s');
    first.kill();
    await world.startWorker({ name: 'second', observes: true, environment });
    stopAs(world, run);
    await world.until('it is told', () => world.stateOf(run) === 'Crashed');
    await world.elapse('1m');

    const shown = await shownBy(world, [run]);
    expect(shown).toContain('echo: ');
    expect(found(shown)).toEqual([]);
  });
});
