import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../kernel/manual-clock.ts';
import { seededRandom } from '../../kernel/random.ts';
import { inProcessFetch, inProcessSocket } from '../in-process.ts';
import type { EngineStory } from './engine-story.ts';
import { LocalPrefect } from './local-prefect.ts';
import { SimulatedEngine } from './simulated-engine.ts';

describe('A simulated engine', () => {
  let clock: ManualClock;
  let prefect: LocalPrefect;
  let engine: SimulatedEngine;

  beforeEach(() => {
    clock = new ManualClock();
    const random = seededRandom(3);
    prefect = new LocalPrefect({ clock, random });
    prefect.createPool('p');
    engine = new SimulatedEngine({
      clock,
      random,
      fetch: inProcessFetch((request) => prefect.handle(request)),
      socket: inProcessSocket((upgrade) => prefect.upgrade(upgrade)),
    });
  });
  afterEach(() => prefect[Symbol.asyncDispose]());

  const claim = (inSeconds = 0): string => {
    const id = prefect.schedule(prefect.createDeployment({ pool: 'p' }), { inSeconds });
    prefect.setState(id, 'PENDING');
    return id;
  };
  const start = (id: string, story: EngineStory = {}) =>
    engine.start({ PREFECT__FLOW_RUN_ID: id, PREFECT_API_URL: 'http://prefect.local/api' }, story);
  const names = (id: string): readonly string[] => prefect.history(id).map((state) => state.name);

  it('waits for its scheduled time and completes', async () => {
    const id = claim(30);
    const { exited } = start(id);
    await clock.elapse(60_000);

    expect(await exited).toEqual({ exitCode: 0 });
    expect(names(id)).toEqual(['Scheduled', 'Pending', 'Running', 'Completed']);
    expect(engine.executionsOf(id)).toMatchObject([
      { startedAtMs: Date.parse('2030-01-01T00:00:30Z') },
    ]);
  });

  it('retries in its process despite lost answers, one execution an attempt', async () => {
    const id = claim();
    prefect.faults.add({
      operation: 'POST */set_state',
      fault: { kind: 'reset-after' },
      probability: 0.2,
    });
    const { exited } = start(id, {
      retries: 2,
      retryDelaySeconds: 20,
      ending: { kind: 'fails', attempts: 1 },
    });
    await clock.elapse(300_000);

    expect(await exited).toEqual({ exitCode: 0 });
    expect(names(id)).toEqual([
      'Scheduled',
      'Pending',
      'Running',
      'AwaitingRetry',
      'Running',
      'Completed',
    ]);
    expect(engine.executionsOf(id)).toHaveLength(2);
  });

  it('exits quietly after a refusal', async () => {
    const id = claim();
    prefect.cancel(id);
    const { exited } = start(id, { watchesCancellation: false });
    await clock.elapse(60_000);

    expect(await exited).toEqual({ exitCode: 0 });
    expect(engine.executions).toEqual([]);
  });

  it('notices that its run is Cancelling', async () => {
    const id = claim();
    const { exited } = start(id, { runsForMs: 600_000 });
    await clock.elapse(20_000);
    prefect.dropSockets();
    await clock.elapse(5_000);
    expect(prefect.cancel(id).status).toBe('ACCEPT');
    await clock.elapse(5_000);

    expect(await exited).toEqual({ exitCode: 0 });
    expect(prefect.stateOf(id)).toMatchObject({
      type: 'CANCELLED',
      message: 'Flow run was cancelled successfully.',
    });
  });

  it.each([
    ['dies', 'Running', 143],
    ['reschedules', 'AwaitingRetry', 143],
  ] as const)('%s on SIGTERM', async (onSigterm, state, exitCode) => {
    const id = claim();
    const { exited, stop } = start(id, { onSigterm, runsForMs: 600_000 });
    await clock.elapse(20_000);
    stop();
    await clock.elapse(1_000);

    expect(await exited).toEqual({ exitCode });
    expect(prefect.stateOf(id).name).toBe(state);
  });

  it('ignores SIGTERM, but not SIGKILL', async () => {
    const id = claim();
    const { exited, stop, kill } = start(id, { onSigterm: 'ignores', runsForMs: 600_000 });
    await clock.elapse(20_000);
    stop();
    await clock.elapse(20_000);
    kill();

    expect(await exited).toEqual({ exitCode: 137 });
    expect(prefect.stateOf(id).name).toBe('Running');
  });

  it('suspends, and a second process continues', async () => {
    const id = claim();
    const first = start(id, { ending: { kind: 'suspends' } });
    await clock.elapse(60_000);
    expect(await first.exited).toEqual({ exitCode: 0 });
    expect(prefect.stateOf(id).name).toBe('Suspended');

    const resume = new Request(`http://prefect.local/api/flow_runs/${id}/resume`, {
      method: 'POST',
    });
    expect((await prefect.handle(resume)).status).toBe(201);
    prefect.setState(id, 'PENDING');
    start(id);
    await clock.elapse(60_000);
    expect(prefect.stateOf(id).name).toBe('Completed');
  });

  it.each([
    [{ kind: 'crashes' }, 'Crashed', 1],
    [{ kind: 'exits', exitCode: 137 }, 'Running', 137],
    [{ kind: 'fails' }, 'Failed', 0],
  ] as const)('ends as its story says: %j', async (ending, state, exitCode) => {
    const id = claim();
    const { exited } = start(id, { ending });
    await clock.elapse(60_000);

    expect(await exited).toEqual({ exitCode });
    expect(prefect.stateOf(id).name).toBe(state);
  });

  it('runs thousands of processes', async () => {
    const ids = Array.from({ length: 2_000 }, () => claim());
    for (const id of ids) start(id);
    await clock.elapse(60_000);

    expect(ids.filter((id) => prefect.stateOf(id).type !== 'COMPLETED')).toEqual([]);
    expect(engine.executions).toHaveLength(ids.length);
  });
});
