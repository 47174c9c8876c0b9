import { z } from 'zod';
import { comparable, plain } from './comparable.ts';
import type { Answer, Backend } from './prefect-backends.ts';

export interface Step {
  readonly call: string;
  readonly answer: unknown;
}

export const Identified = z.looseObject({ id: z.string() });
const nobody = '6f1b1c1e-0000-4000-8000-00000000dead';

/** Plays a story and returns the answers. */
export async function recorded(
  backend: Backend,
  story: (ask: Ask, idOf: IdOf) => Promise<void>,
): Promise<readonly Step[]> {
  const steps: Step[] = [];
  const words = new Map<string, string>();
  const ask = async (method: string, path: string, body?: unknown): Promise<Answer> => {
    const answer = await backend.ask(method, path, body);
    steps.push({ call: plain(`${method} ${path}`, words), answer: comparable(answer, words) });
    return answer;
  };
  const idOf = (answer: Answer): string => Identified.parse(answer.body).id;
  await story(ask, idOf);
  return steps;
}

/** Calls every endpoint of the local Prefect, with valid and invalid requests. */
export async function tour(ask: Ask, idOf: IdOf): Promise<void> {
  await server(ask);
  await pools(ask);
  await runs(ask, idOf);
  await limits(ask);
  await blocksAndVariables(ask, idOf);
  await logsAndEvents(ask);
  await ends(ask);
}

export type Ask = (method: string, path: string, body?: unknown) => Promise<Answer>;
export type IdOf = (answer: Answer) => string;

async function server(ask: Ask): Promise<void> {
  for (const path of [
    '/health',
    '/ready',
    '/version',
    '/admin/version',
    '/admin/storage',
    '/csrf-token?client=me',
    '/no',
  ]) {
    await ask('GET', path);
  }
}

async function pools(ask: Ask): Promise<void> {
  const template = { job_configuration: { a: '{{ x }}' }, variables: { properties: { x: {} } } };
  await ask('POST', '/work_pools/', { name: 'tour', type: 'ecs', base_job_template: template });
  await ask('POST', '/work_pools/', { name: 'tour', type: 'ecs' });
  await ask('POST', '/work_pools/', { name: 'Prefect-mine' });
  await ask('POST', '/work_pools/', { name: 'x', nope: 1 });
  await ask('POST', '/work_pools/', { name: 'x', base_job_template: { job_configuration: {} } });
  await ask('POST', '/work_pools/', {
    name: 'x',
    base_job_template: { job_configuration: {}, variables: { properties: {} } },
  });
  await ask('POST', '/work_pools/', {
    name: 'x',
    base_job_template: { job_configuration: { a: '{{ y }}' }, variables: { properties: {} } },
  });
  await ask('GET', '/work_pools/tour');
  await ask('GET', '/work_pools/none');
  await ask('PATCH', '/work_pools/tour', { concurrency_limit: 5, description: 'd' });
  await ask('PATCH', '/work_pools/tour', { concurrency_limit: -1 });
  await ask('PATCH', '/work_pools/prefect-x', { description: 'd' });
  await ask('POST', '/work_pools/filter', { work_pools: { name: { any_: ['tour'] } } });
  await ask('POST', '/work_pools/filter', { limit: 201 });
  await ask('POST', '/work_pools/tour/queues', { name: 'fast', priority: 1 });
  await ask('POST', '/work_pools/tour/queues', { name: 'fast' });
  await ask('GET', '/work_pools/tour/queues/fast');
  await ask('GET', '/work_pools/tour/queues/none');
  await ask('PATCH', '/work_pools/tour/queues/default', { is_paused: true });
  await ask('PATCH', '/work_pools/tour/queues/default', { is_paused: false });
  await ask('POST', '/work_pools/tour/queues/filter', {});
  await ask('POST', '/work_pools/tour/workers/heartbeat', {
    name: 'w',
    heartbeat_interval_seconds: 30,
    extra: 1,
  });
  await ask('POST', '/work_pools/tour/workers/heartbeat', {
    name: 'w',
    heartbeat_interval_seconds: 30.5,
  });
  await ask('POST', '/work_pools/none/workers/heartbeat', { name: 'w' });
  await ask('POST', '/work_pools/tour/workers/filter', {
    workers: { status: { any_: ['ONLINE'] } },
  });
  await ask('GET', '/work_pools/tour');
}

async function runs(ask: Ask, idOf: IdOf): Promise<void> {
  const flow = idOf(await ask('POST', '/flows/', { name: 'tour' }));
  await ask('POST', '/flows/', { name: 'tour' });
  await ask('GET', `/flows/${flow}`);
  await ask('GET', `/flows/${nobody}`);
  await ask('GET', '/flows/name/tour');
  await ask('POST', '/flows/filter', { flows: { name: { any_: ['tour'] } } });
  const made = await ask('POST', '/deployments/', {
    name: 'd',
    flow_id: flow,
    work_pool_name: 'tour',
    work_queue_name: 'made',
    job_variables: { x: 1 },
    tags: ['a'],
    enforce_parameter_schema: false,
    concurrency_limit: 1,
    concurrency_options: { collision_strategy: 'CANCEL_NEW' },
  });
  const deployment = idOf(made);
  await ask('POST', '/deployments/', { name: 'd', flow_id: flow, work_pool_name: 'none' });
  await ask('POST', '/deployments/', { flow_id: flow });
  await ask('GET', `/deployments/${deployment}`);
  await ask('GET', `/deployments/${nobody}`);
  await ask('GET', '/deployments/name/tour/d');
  await ask('PATCH', `/deployments/${deployment}`, { description: 'new' });
  await ask('PATCH', `/deployments/${nobody}`, { description: 'new' });
  await ask('POST', '/deployments/filter', { deployments: { name: { any_: ['d'] } } });
  const state = { type: 'SCHEDULED', state_details: { scheduled_time: '2020-01-01T00:00:00Z' } };
  const start = {
    state,
    name: 'one',
    idempotency_key: 'k',
    job_variables: { x: 2 },
    parameters: { n: 1 },
  };
  const run = idOf(await ask('POST', `/deployments/${deployment}/create_flow_run`, start));
  await ask('POST', `/deployments/${deployment}/create_flow_run`, start);
  await ask('POST', `/deployments/${nobody}/create_flow_run`, {});
  const second = idOf(
    await ask('POST', `/deployments/${deployment}/create_flow_run`, { state, name: 'two' }),
  );
  await ask('POST', '/flow_runs/', { flow_id: nobody });
  await ask('POST', '/work_pools/tour/get_scheduled_flow_runs', {
    scheduled_before: '2020-01-02 00:00:00+00:00',
  });
  for (const scheduled_after of ['2020-01-01T00:00:00.000000Z', '2020-01-01T00:00:00.001Z'])
    await ask('POST', '/work_pools/tour/get_scheduled_flow_runs', { scheduled_after });
  await ask('POST', '/work_pools/tour/get_scheduled_flow_runs', { work_queue_names: ['none'] });
  await ask('POST', `/flow_runs/${run}/set_state`, { state: { type: 'PENDING' } });
  await ask('POST', `/flow_runs/${second}/set_state`, { state: { type: 'PENDING' } });
  await ask('POST', `/flow_runs/${nobody}/set_state`, { state: { type: 'PENDING' } });
  await ask('POST', `/flow_runs/${run}/set_state`, { state: { type: 'PENDING', nope: 1 } });
  await ask('PATCH', `/flow_runs/${run}`, { infrastructure_pid: 'c::t' });
  await ask('PATCH', `/flow_runs/${run}`, { job_variables: { x: 3 } });
  await ask('PATCH', `/flow_runs/${nobody}`, { infrastructure_pid: 'c::t' });
  await ask('PATCH', `/flow_runs/${run}/labels`, { 'prefect.worker.name': 'w' });
  await ask('PATCH', `/flow_runs/${nobody}/labels`, { a: 1 });
  await ask('GET', `/flow_runs/${run}`);
  await ask('GET', `/flow_runs/${nobody}`);
  await ask('GET', '/flow_runs/not-an-id');
  await ask('GET', `/flow_run_states/?flow_run_id=${run}`);
  const mine = { work_pools: { name: { any_: ['tour'] } } };
  await ask('POST', '/flow_runs/filter', { ...mine, sort: 'NAME_ASC' });
  await ask('POST', '/flow_runs/filter', { ...mine, flow_runs: { state: { type: { any_: [] } } } });
  await ask('POST', '/flow_runs/filter', { flow_runs: { nope: 1 } });
  await ask('POST', '/flow_runs/filter', { limit: 201 });
  await ask('POST', '/flow_runs/count', {
    ...mine,
    flow_runs: { state: { type: { any_: ['PENDING'] } } },
  });
  await ask('POST', '/flow_runs/paginate', { ...mine, sort: 'NAME_ASC', limit: 1, page: 2 });
  await ask('POST', '/work_pools/tour/concurrency_status', {});
  await ask('POST', `/flow_runs/${run}/resume`);
  await ask('POST', `/flow_runs/${run}/input`, { key: 'k', value: '1' });
  await ask('POST', `/flow_runs/${run}/input`, { key: 'k', value: '1' });
  await ask('POST', `/flow_runs/${run}/input/filter`, { prefix: 'k' });
  await ask('GET', `/flow_runs/${run}/input/k`);
  await ask('DELETE', `/flow_runs/${run}/input/k`);
  await ask('DELETE', `/flow_runs/${second}`);
  await ask('DELETE', `/flow_runs/${second}`);
  const task = await ask('POST', '/task_runs/', {
    flow_run_id: run,
    task_key: 't',
    dynamic_key: '0',
    name: 't-0',
  });
  await ask('GET', `/task_runs/${idOf(task)}`);
}

async function limits(ask: Ask): Promise<void> {
  const base = '/v2/concurrency_limits';
  await ask('POST', `${base}/`, { name: 'l', limit: 2 });
  await ask('GET', `${base}/l`);
  await ask('GET', `${base}/none`);
  const taken = await ask('POST', `${base}/increment-with-lease`, { slots: 2, names: ['l'] });
  await ask('POST', `${base}/increment`, { slots: 1, names: ['l'] });
  await ask('POST', `${base}/increment`, { slots: 9, names: ['l'] });
  const { lease_id: lease } = z.looseObject({ lease_id: z.string() }).parse(taken.body);
  await ask('POST', `${base}/leases/${lease}/renew`, { lease_duration: 300 });
  await ask('POST', `${base}/leases/${nobody}/renew`, { lease_duration: 300 });
  await ask('POST', `${base}/leases/${lease}/renew`, { lease_duration: 3 });
  await ask('POST', `${base}/decrement-with-lease`, { lease_id: lease });
  await ask('POST', `${base}/leases/${lease}/renew`, { lease_duration: 300 });
  await ask('DELETE', `${base}/l`);
}

async function blocksAndVariables(ask: Ask, idOf: IdOf): Promise<void> {
  const type = idOf(await ask('POST', '/block_types/', { name: 'Tour', slug: 'tour' }));
  await ask('POST', '/block_types/', { name: 'Tour', slug: 'tour' });
  await ask('GET', '/block_types/slug/tour');
  await ask('GET', '/block_types/slug/none');
  const fields = { title: 'T', type: 'object', properties: {}, secret_fields: ['s', 'd.*'] };
  const schema = idOf(await ask('POST', '/block_schemas/', { block_type_id: type, fields }));
  const facts = { block_type_id: type, block_schema_id: schema };
  const data = { a: 'x', s: 'secret', d: { k: 'v' } };
  const block = idOf(await ask('POST', '/block_documents/', { ...facts, name: 'one', data }));
  const reference = { $ref: { block_document_id: block } };
  const outer = idOf(
    await ask('POST', '/block_documents/', { ...facts, name: 'two', data: { inner: reference } }),
  );
  await ask('GET', `/block_documents/${outer}?include_secrets=true`);
  await ask('GET', `/block_documents/${nobody}`);
  await ask('GET', '/block_types/slug/tour/block_documents/name/one?include_secrets=true');
  await ask('GET', '/block_types/slug/tour/block_documents/name/none');
  await ask('POST', '/variables/', { name: 'v', value: { a: 1 } });
  await ask('POST', '/variables/', { name: 'v', value: 1 });
  await ask('POST', '/variables/', { name: 'Not a name', value: 1 });
  await ask('GET', '/variables/name/v');
  await ask('GET', '/variables/name/none');
  await ask('PATCH', '/variables/name/v', { value: 2 });
  await ask('DELETE', '/variables/name/v');
}

async function logsAndEvents(ask: Ask): Promise<void> {
  const log = {
    name: 'x',
    level: 20,
    message: 'm',
    timestamp: '2026-01-01T02:00:00+02:00',
    flow_run_id: nobody,
  };
  await ask('POST', '/logs/', [log]);
  await ask('POST', '/logs/', [{ ...log, worker_id: null }]);
  await ask('POST', '/logs/filter', { logs: { flow_run_id: { any_: [nobody] } } });
  const event = {
    id: nobody,
    occurred: '2026-01-01T00:00:00Z',
    event: 'x',
    resource: { 'prefect.resource.id': 'r' },
  };
  await ask('POST', '/events', [event]);
  await ask('POST', '/events', [{ ...event, resource: {} }]);
  await ask('POST', '/events/filter', { limit: 51 });
}

async function ends(ask: Ask): Promise<void> {
  await ask('DELETE', '/work_pools/tour/workers/w');
  await ask('DELETE', '/work_pools/tour/workers/w');
  await ask('DELETE', '/work_pools/tour/queues/fast');
  await ask('DELETE', '/work_pools/tour');
  await ask('DELETE', '/work_pools/tour');
}
