import { z } from 'zod';
import type { Backend } from './prefect-backends.ts';
import { Identified, type Ask, type IdOf } from './prefect-endpoints.ts';

/**
 * Stories of runs that adoption and ownership rely on, and that the table of transitions does not
 * cover.
 */

const longAgo = (seconds: number): string => `2020-01-01T00:00:0${seconds}Z`;
const pauseEnds = '2099-01-01T00:00:00Z';
const stored = { type: 'reference', storage_key: 'k' };

interface Place {
  readonly ask: Ask;
  readonly idOf: IdOf;
  readonly pool: string;
  readonly deployment: string;
}

async function placeAt(pool: string, ask: Ask, idOf: IdOf, facts: object = {}): Promise<Place> {
  await ask('POST', '/work_pools/', { name: pool, type: 'ecs' });
  const flow = idOf(await ask('POST', '/flows/', { name: pool }));
  const made = await ask('POST', '/deployments/', {
    name: pool,
    flow_id: flow,
    work_pool_name: pool,
    enforce_parameter_schema: false,
    ...facts,
  });
  return { ask, idOf, pool, deployment: idOf(made) };
}

async function runAt(
  { ask, idOf, deployment }: Place,
  name: string,
  states: readonly unknown[],
  scheduled_time = longAgo(0),
): Promise<string> {
  const state = { type: 'SCHEDULED', state_details: { scheduled_time } };
  const run = idOf(
    await ask('POST', `/deployments/${deployment}/create_flow_run`, { state, name }),
  );
  for (const one of states) await ask('POST', `/flow_runs/${run}/set_state`, { state: one });
  return run;
}

const offers = ({ ask, pool }: Place) =>
  ask('POST', `/work_pools/${pool}/get_scheduled_flow_runs`, {});

export async function leftBehind(ask: Ask, idOf: IdOf): Promise<void> {
  const gone = await placeAt('gone', ask, idOf);
  const runs = [
    await runAt(gone, 'scheduled', []),
    await runAt(gone, 'pending', [{ type: 'PENDING' }]),
    await runAt(gone, 'running', [{ type: 'PENDING' }, { type: 'RUNNING' }]),
  ];
  await ask('DELETE', `/deployments/${gone.deployment}`);
  for (const run of runs) await ask('GET', `/flow_runs/${run}`);
  await ask('GET', `/deployments/${gone.deployment}`);
  await ask('GET', '/no/such/route');

  const again = await placeAt('again', ask, idOf, { work_queue_name: 'line' });
  const left = await runAt(again, 'left', [{ type: 'PENDING' }]);
  await ask('POST', '/work_pools/again/workers/heartbeat', {
    name: 'w',
    heartbeat_interval_seconds: 30,
  });
  await ask('DELETE', '/work_pools/again');
  await ask('POST', '/work_pools/', { name: 'again', type: 'ecs' });
  await ask('GET', `/flow_runs/${left}`);
  await ask('GET', `/deployments/${again.deployment}`);
  await ask('POST', '/flow_runs/filter', { work_pools: { name: { any_: ['again'] } } });
  await ask('POST', '/work_pools/again/workers/filter', {});
  await workers(ask);
}

async function workers(ask: Ask): Promise<void> {
  const beat = (name: string) =>
    ask('POST', '/work_pools/again/workers/heartbeat', { name, heartbeat_interval_seconds: 30 });
  const list = (body: unknown) => ask('POST', '/work_pools/again/workers/filter', body);
  for (const name of ['one', 'two', 'three', 'one']) await beat(name);
  await list({});
  await list({ limit: 1, offset: 1 });
  await list({ limit: 201 });
  await ask('DELETE', '/work_pools/again/workers/one');
  await beat('one'); // the record was deleted, so this one has a new id
  await list({ limit: 1 });
}

const pause = (name: string, leavesItsProcess: boolean) => ({
  type: 'PAUSED',
  name,
  state_details: { pause_timeout: pauseEnds, pause_key: 'k', pause_reschedule: leavesItsProcess },
});

export async function secondLives(ask: Ask, idOf: IdOf): Promise<void> {
  const place = await placeAt('second', ask, idOf);
  for (const steps of [
    [
      ['CRASHED', false],
      ['SCHEDULED', false],
    ],
    [
      ['CRASHED', false],
      ['SCHEDULED', true],
    ],
    [['SCHEDULED', false]],
    [['SCHEDULED', true]],
    [
      ['RUNNING', true],
      ['SCHEDULED', true],
    ],
  ] as const) {
    const run = await retryingRun(place, steps.map(([type]) => type).join(', '));
    for (const [type, force] of steps)
      await ask('POST', `/flow_runs/${run}/set_state`, { state: { type }, force });
    await ask('GET', `/flow_runs/${run}`);
    await offers(place);
    await ask('DELETE', `/flow_runs/${run}`);
  }

  for (const [name, leaves] of [
    ['Paused', false],
    ['Suspended', true],
  ] as const) {
    const run = await runAt(place, name, [
      { type: 'PENDING' },
      { type: 'RUNNING' },
      pause(name, leaves),
    ]);
    await ask('GET', `/flow_runs/${run}`);
    await ask('POST', `/flow_runs/${run}/resume`, {});
    await ask('GET', `/flow_runs/${run}`);
    await offers(place);
    await ask('DELETE', `/flow_runs/${run}`);
  }
  await results(place);
}

/** Creates a run whose process waits for its own retry. */
async function retryingRun(place: Place, name: string): Promise<string> {
  const { ask } = place;
  const run = await runAt(place, name, [{ type: 'PENDING' }, { type: 'RUNNING' }]);
  await ask('PATCH', `/flow_runs/${run}`, { empirical_policy: { retries: 3, retry_delay: 300 } });
  await ask('POST', `/flow_runs/${run}/set_state`, { state: { type: 'FAILED' } });
  return run;
}

async function results(place: Place): Promise<void> {
  const { ask } = place;
  const completed = { type: 'COMPLETED', data: stored };
  const run = await runAt(place, 'result', [{ type: 'PENDING' }, { type: 'RUNNING' }, completed]);
  const write = (state: unknown, force: boolean) =>
    ask('POST', `/flow_runs/${run}/set_state`, { state, force });
  await write(completed, true);
  await write({ type: 'COMPLETED' }, true);
  await write({ type: 'COMPLETED' }, false);
  await write({ type: 'SCHEDULED' }, false);
  await write({ type: 'SCHEDULED' }, true);
  await write(completed, true);
  await ask('GET', `/flow_run_states/?flow_run_id=${run}`);
  await ask('GET', `/flow_runs/${run}`);
}

export async function pages(ask: Ask, idOf: IdOf): Promise<void> {
  const place = await placeAt('paged', ask, idOf);
  for (const at of [3, 1, 2, 5, 4]) await runAt(place, `at ${at}`, [], longAgo(at));
  await retryingRun(place, 'retries');
  const find = (flow_runs: unknown, limit = 2) =>
    ask('POST', '/flow_runs/filter', {
      flow_runs,
      work_pools: { name: { any_: ['paged'] } },
      sort: 'EXPECTED_START_TIME_ASC',
      limit,
    });
  await find({});
  for (const at of [1, 2, 5]) await find({ expected_start_time: { after_: longAgo(at) } });
  for (const work_queue_name of [{ any_: ['default'] }, { is_null_: true }])
    await find({ work_queue_name }, 20);
  await ask('POST', '/deployments/filter', {
    deployments: { work_queue_name: { any_: ['default'] } },
    work_pools: { name: { any_: ['paged'] } },
  });
  const name = { any_: ['AwaitingRetry'] };
  for (const operator of ['and_', 'or_'])
    for (const type of ['SCHEDULED', 'RUNNING'])
      await find({ state: { operator, name, type: { any_: [type] } } }, 20);
}

const Run = z.looseObject({ state_id: z.string() });
const States = z.array(z.looseObject({ id: z.string(), timestamp: z.string() }));

/** Proposes three states at once; returns the run's present state and its listed states. */
export async function race(backend: Backend, name: string) {
  const words: Ask = (method, path, body) => backend.ask(method, path, body);
  const place = await placeAt(name, words, (answer) => Identified.parse(answer.body).id);
  const run = await runAt(place, name, [{ type: 'PENDING' }]);
  await Promise.all(
    [
      { state: { type: 'RUNNING' } },
      { state: { type: 'CANCELLED' }, force: true },
      { state: { type: 'PENDING', name: 'Submitting' } },
    ].map((proposal) => backend.ask('POST', `/flow_runs/${run}/set_state`, proposal)),
  );
  const { state_id: present } = Run.parse((await backend.ask('GET', `/flow_runs/${run}`)).body);
  const listed = await backend.ask('GET', `/flow_run_states/?flow_run_id=${run}`);
  return { present, states: States.parse(listed.body) };
}
