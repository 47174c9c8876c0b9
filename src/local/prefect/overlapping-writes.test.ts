import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { ManualClock } from '../../kernel/manual-clock.ts';
import { seededRandom } from '../../kernel/random.ts';
import { parseFaultRule } from '../aws/faults/aws-faults.ts';
import { ask } from './ask.test-support.ts';
import { LocalPrefect } from './local-prefect.ts';

const States = z.array(z.looseObject({ name: z.string() }));
const names = (states: unknown): readonly string[] =>
  States.parse(states).map((state) => state.name);

describe('Overlapping writes', () => {
  let time: ManualClock;
  let prefect: LocalPrefect;
  let run: string;

  beforeEach(() => {
    time = new ManualClock('2030-01-01T00:00:00.000Z');
    prefect = new LocalPrefect({ clock: time, random: seededRandom(1) });
    prefect.createPool('p');
    run = prefect.schedule(prefect.createDeployment({ pool: 'p' }));
    prefect.setState(run, 'PENDING');
  });
  afterEach(() => prefect[Symbol.asyncDispose]());

  const late = (path: string, kind: 'late-commit' | 'lost-update'): Disposable =>
    prefect.faults.add({ operation: path, fault: { kind, ms: 1_000 }, times: 1 });
  const propose = (state: unknown, force = false) =>
    ask(prefect, 'POST', `/flow_runs/${run}/set_state`, { state, force });
  const label = (labels: unknown) => ask(prefect, 'PATCH', `/flow_runs/${run}/labels`, labels);

  it('list last a state committed meanwhile, although it is not the current one', async () => {
    late('POST /flow_runs/{id}/set_state', 'late-commit');
    await time.elapse(5_000);

    const slow = propose({ type: 'RUNNING' });
    await time.elapse(500);
    await propose({ type: 'PENDING', name: 'Submitting' });
    await time.elapse(500);

    expect((await slow).body).toMatchObject({
      status: 'ACCEPT',
      state: { name: 'Running', timestamp: '2030-01-01T00:00:05.000000Z' },
    });
    const listed = (await ask(prefect, 'GET', `/flow_run_states/?flow_run_id=${run}`)).body;
    expect(names(listed)).toEqual(['Scheduled', 'Pending', 'Running', 'Submitting']);
    expect(names(prefect.history(run))).toEqual(names(listed));
    expect(names(prefect.commits(run))).toEqual(['Scheduled', 'Pending', 'Submitting', 'Running']);
    const { body } = await ask(prefect, 'GET', `/flow_runs/${run}`);
    expect([body['state_id'], body['state_name']]).toEqual([
      prefect.commits(run).at(-1)?.id,
      'Running',
    ]);
  });

  it('are decided by the state at their commit, not at their arrival', async () => {
    late('POST /flow_runs/{id}/set_state', 'late-commit');

    const slow = propose({ type: 'CRASHED' });
    await time.elapse(500);
    prefect.setState(run, 'RUNNING');
    prefect.setState(run, 'COMPLETED');
    await time.elapse(500);

    const { status, body } = await slow;
    expect(body).toMatchObject({ status: 'ABORT', state: { type: 'COMPLETED' } });
    expect(status).toBe(201); // the shown state is newer than the request
    expect(names(prefect.history(run))).toEqual(['Scheduled', 'Pending', 'Running', 'Completed']);
  });

  it('lose the keys of a label write between the read and the write of another', async () => {
    await label({ before: 1 });
    late('PATCH /flow_runs/{id}/labels', 'lost-update');

    const slow = label({ mine: 1 });
    await label({ theirs: 1 });
    expect(prefect.run(run).labels).toHaveProperty('theirs');
    await time.elapse(1_000);
    await slow;

    expect(prefect.run(run).labels).toMatchObject({ before: 1, mine: 1 });
    expect(prefect.run(run).labels).not.toHaveProperty('theirs');
  });

  it('keep all other changes to the run', async () => {
    late('PATCH /flow_runs/{id}/labels', 'lost-update');

    const slow = label({ mine: 1 });
    prefect.setState(run, 'RUNNING');
    await time.elapse(1_000);
    await slow;

    expect(prefect.stateOf(run).type).toBe('RUNNING');
  });

  it('are not available as faults of the local AWS', () => {
    expect(() => parseFaultRule({ operation: '*', fault: { kind: 'late-commit', ms: 1 } })).toThrow(
      /Invalid/,
    );
  });
});

describe('A lagging replica', () => {
  it('answers histories, runs and lists as of the same moment', async () => {
    const time = new ManualClock('2030-01-01T00:00:00.000Z');
    await using prefect = new LocalPrefect({ clock: time, random: seededRandom(1) });
    prefect.createPool('p');
    const run = prefect.schedule(prefect.createDeployment({ pool: 'p' }));
    await time.elapse(10_000);
    prefect.setState(run, 'PENDING');
    for (const operation of [
      'GET /flow_run_states/',
      'GET /flow_runs/{id}',
      'POST /flow_runs/filter',
    ])
      prefect.faults.add({ operation, fault: { kind: 'stale', ms: 3_000 } });
    const look = async (): Promise<unknown> => {
      const { body: states } = await ask(prefect, 'GET', `/flow_run_states/?flow_run_id=${run}`);
      const { body: one } = await ask(prefect, 'GET', `/flow_runs/${run}`);
      const filter = { flow_runs: { id: { any_: [run] }, state: { type: { any_: ['PENDING'] } } } };
      const { body: pending } = await ask(prefect, 'POST', '/flow_runs/filter', filter);
      return [names(states), one['state_name'], pending.length];
    };

    await time.elapse(2_999);
    expect(await look()).toEqual([['Scheduled'], 'Scheduled', 0]);
    await time.elapse(1);
    expect(await look()).toEqual([['Scheduled', 'Pending'], 'Pending', 1]);
  });
});

it('is part of the Cloud profile, with throttled calls and no version', async () => {
  const time = new ManualClock('2030-01-01T00:00:00.000Z');
  await using prefect = new LocalPrefect({ clock: time, random: seededRandom(1) });
  prefect.createPool('p');
  const run = prefect.schedule(prefect.createDeployment({ pool: 'p' }));
  await time.elapse(10_000);
  prefect.setState(run, 'PENDING');
  await time.elapse(500);
  const seen = async (): Promise<ReadonlySet<unknown>> => {
    const answers = new Set<unknown>();
    for (let call = 0; call < 200; call += 1) {
      const { status, body } = await ask(prefect, 'GET', `/flow_runs/${run}`);
      answers.add(status === 200 ? body['state_name'] : status);
    }
    return answers;
  };

  const cloud = prefect.actAsCloud();
  expect(await seen()).toEqual(new Set(['Scheduled', 'Pending', 429]));
  expect(await ask(prefect, 'GET', '/admin/version')).toEqual({
    status: 404,
    body: { detail: 'Not Found' },
  });
  cloud[Symbol.dispose]();
  expect(await seen()).toEqual(new Set(['Pending']));
});
