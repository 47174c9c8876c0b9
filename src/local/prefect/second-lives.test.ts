import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../kernel/manual-clock.ts';
import { seededRandom } from '../../kernel/random.ts';
import { ask } from './ask.test-support.ts';
import { LocalPrefect, type LocalPrefectOptions } from './local-prefect.ts';

const stored = { type: 'reference', storage_key: 'k' };

function prefectWith(options: Partial<LocalPrefectOptions> = {}): LocalPrefect {
  const prefect = new LocalPrefect({
    clock: new ManualClock(),
    random: seededRandom(1),
    ...options,
  });
  prefect.createPool('p');
  return prefect;
}

/** A run that is RUNNING. */
function runningIn(prefect: LocalPrefect, retries = 0): string {
  const deployment = prefect.createDeployment({ pool: 'p' });
  const run = prefect.schedule(deployment, { retries, retryDelaySeconds: 300 });
  prefect.setState(run, 'PENDING');
  prefect.setState(run, 'RUNNING');
  return run;
}

async function isOffered(prefect: LocalPrefect, run: string): Promise<boolean> {
  const { body } = await ask(prefect, 'POST', '/work_pools/p/get_scheduled_flow_runs', {});
  return JSON.stringify(body).includes(run);
}

describe('A run whose process waits for its own retry', () => {
  let prefect: LocalPrefect;
  let run: string;

  beforeEach(() => {
    prefect = prefectWith();
    run = runningIn(prefect, 3);
    prefect.setState(run, 'FAILED');
  });
  afterEach(() => prefect[Symbol.asyncDispose]());

  it('is offered to no worker', async () => {
    expect(prefect.stateOf(run).name).toBe('AwaitingRetry');
    expect(prefect.run(run).empirical_policy.retry_type).toBe('in_process');
    expect(await isOffered(prefect, run)).toBe(false);
  });

  it.each([
    ['SCHEDULED', [['SCHEDULED', false]]],
    ['a forced SCHEDULED', [['SCHEDULED', true]]],
    [
      'a forced SCHEDULED over CRASHED',
      [
        ['CRASHED', false],
        ['SCHEDULED', true],
      ],
    ],
    [
      'a forced SCHEDULED over RUNNING',
      [
        ['RUNNING', true],
        ['SCHEDULED', true],
      ],
    ],
  ] as const)('is stranded by %s', async (_what, steps) => {
    for (const [type, force] of steps)
      expect(prefect.setState(run, type, { force }).status).toBe('ACCEPT');

    expect(prefect.run(run).empirical_policy.retry_type).toBe('in_process');
    expect(await isOffered(prefect, run)).toBe(false);
  });

  it('is offered again after CRASHED and an unforced SCHEDULED', async () => {
    prefect.setState(run, 'CRASHED');
    prefect.setState(run, 'SCHEDULED');

    expect(prefect.run(run).empirical_policy.retry_type).toBe('reschedule');
    expect(await isOffered(prefect, run)).toBe(true);
  });
});

describe('A resting run', () => {
  it.each([
    ['Paused', false, 'RUNNING', false],
    ['Suspended', true, 'SCHEDULED', true],
  ] as const)(
    'is shown as %s, and resumes',
    async (name, leavesItsProcess, then, isOfferedThen) => {
      await using prefect = prefectWith();
      const run = runningIn(prefect);
      const details = {
        pause_timeout: '2099-01-01T00:00:00.000000Z',
        pause_reschedule: leavesItsProcess,
      };
      prefect.setState(run, 'PAUSED', { name, details });
      expect((await ask(prefect, 'GET', `/flow_runs/${run}`)).body).toMatchObject({
        state: { name, state_details: { pause_reschedule: leavesItsProcess } },
      });

      await ask(prefect, 'POST', `/flow_runs/${run}/resume`, {});

      expect(prefect.stateOf(run).type).toBe(then);
      expect(await isOffered(prefect, run)).toBe(isOfferedThen);
    },
  );
});

describe('An older server', () => {
  it.each([
    ['3.8.5', 'REJECT', 'PAUSED'],
    ['3.8.6', 'ACCEPT', 'CANCELLING'],
  ])(
    'of version %s answers %s to the cancellation of a paused run',
    async (version, status, type) => {
      await using prefect = prefectWith({ version });
      const run = runningIn(prefect);
      prefect.setState(run, 'PAUSED');

      expect(prefect.cancel(run).status).toBe(status);
      expect(prefect.stateOf(run).type).toBe(type);
    },
  );

  it.each([
    ['3.8.4', 'ACCEPT'],
    ['3.8.5', 'REJECT'],
  ])(
    'of version %s, while a run waits for its retry, answers the next claim with %s',
    async (version, status) => {
      await using prefect = prefectWith({ version });
      const deployment = prefect.createDeployment({ pool: 'p', concurrencyLimit: 1 });
      const retrying = prefect.schedule(deployment, { retries: 3, retryDelaySeconds: 300 });
      const next = prefect.schedule(deployment);
      for (const type of ['PENDING', 'RUNNING', 'FAILED'] as const)
        prefect.setState(retrying, type);

      expect(prefect.stateOf(retrying).name).toBe('AwaitingRetry');
      expect(prefect.setState(next, 'PENDING').status).toBe(status);
    },
  );
});

describe('A stored result', () => {
  const completed = (prefect: LocalPrefect): string => {
    const run = runningIn(prefect);
    prefect.setState(run, 'COMPLETED', { data: stored });
    return run;
  };

  it.each(['3.6.22', '3.8.8'])(
    'is kept by a restored state that carries it, in %s',
    async (version) => {
      await using prefect = prefectWith({ version });
      const run = completed(prefect);
      expect(prefect.setState(run, 'COMPLETED', { force: true, data: stored }).status).toBe(
        'ACCEPT',
      );
      expect(prefect.history(run).at(-1)?.data).toEqual(stored);
    },
  );

  it.each([
    ['3.6.22', true],
    ['3.6.22', false],
    ['3.7.0', true],
  ])('is lost to a state without it in %s, forced: %s', async (version, force) => {
    await using prefect = prefectWith({ version });
    const run = completed(prefect);
    expect(prefect.setState(run, 'COMPLETED', { force }).status).toBe('ACCEPT');
    expect(prefect.stateOf(run).data).toBeNull();
  });

  it.each([
    ['3.7.1', true],
    ['3.8.8', true],
    ['3.8.8', false],
  ])('is not replaced by a state without it in %s, forced: %s', async (version, force) => {
    await using prefect = prefectWith({ version });
    const run = completed(prefect);
    expect(prefect.setState(run, 'COMPLETED', { force })).toMatchObject({
      status: 'REJECT',
      details: { reason: expect.stringContaining('persisted result data') },
    });
    expect(prefect.stateOf(run).data).toEqual(stored);
  });
});
