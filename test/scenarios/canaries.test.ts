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

/** Starts a run, kills its worker and waits until a second worker has adopted the run. */
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

it('The search finds each of 25 canaries in all six forms when nothing redacts them', () => {
  expect(canaries).toHaveLength(25);
  expect(found(echo)).toHaveLength(25 * Object.keys(forms).length);
});

describe('No secret is shown', () => {
  it('by a worker at debug level when a stop reason echoes all secrets', async () => {
    await using world = await aWorld();
    const worker = await world.startWorker({ observes: true, environment });
    const [run = ''] = world.schedule();
    await world.until('it runs', () => world.stateOf(run) === 'Running');
    await world.elapse('20s');
    stopAs(world, run);
    await world.until('the run is Crashed', () => world.stateOf(run) === 'Crashed');
    await world.elapse('1m');

    const shown = await shownBy(world, [run]);
    expect(shown).toContain('echo: ');
    expect(shown).toContain('said: ');
    expect(found(shown)).toEqual([]);
    worker.kill();
  });

  it('when RunTask refuses a launch with an error that echoes all secrets', async () => {
    await using world = await aWorld();
    const body = JSON.stringify({ __type: 'InvalidParameterException', message: `echo: ${echo}` });
    world.betweenAws = async (request, answer) =>
      request.headers.get('x-amz-target')?.endsWith('.RunTask') === true
        ? new Answer(400, body)
        : answer();
    await world.startWorker({ environment });
    const [run = ''] = world.schedule();
    await world.until('the run is Crashed', () => world.stateOf(run) === 'Crashed');
    await world.elapse('10s');

    const shown = await shownBy(world, [run]);
    expect(shown).toContain('echo: ');
    expect(found(shown)).toEqual([]);
  });

  it.each([401, 403, 422, 500])(
    'when Prefect answers every call with %d and echoes all secrets',
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

  it('by a worker that adopted the run', async () => {
    await using world = await aWorld();
    const run = await adopted(world, { environment });
    stopAs(world, run);
    await world.until('the run is Crashed', () => world.stateOf(run) === 'Crashed');
    await world.elapse('1m');

    const shown = await shownBy(world, [run]);
    expect(shown).toContain('echo: ');
    expect(found(shown)).toEqual([]);
  });

  it('by an adopter that cannot configure the job: it shows no output at all', async () => {
    await using world = await aWorld();
    await adopted(world, {
      environment: { PREFECT_LOGGING_TO_API_ENABLED: 'true' },
      meanwhile: () => world.configurePool({ task_start_timeout_seconds: 'not a number' }),
    });
    const before = world.output.length;
    await world.elapse('1m');

    expect(world.output.slice(before)).toEqual([]);
  });

  it('by an observer of a task that it does not follow', async () => {
    await using world = await aWorld({ bootMs: 60_000, runsForMs: 3_600_000 });
    const first = await world.startWorker({ name: 'first', environment });
    const [run = ''] = world.schedule();
    await world.until('it is launched', () => world.tasksOf(run).length === 1, '30m', '1s');
    await world.elapse('40s');
    first.kill();
    await world.startWorker({ name: 'second', observes: true, environment });
    stopAs(world, run);
    await world.until('the run is Crashed', () => world.stateOf(run) === 'Crashed');
    await world.elapse('1m');

    const shown = await shownBy(world, [run]);
    expect(shown).toContain('echo: ');
    expect(found(shown)).toEqual([]);
  });
});
