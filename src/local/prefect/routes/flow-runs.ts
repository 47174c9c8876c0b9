import { z } from 'zod';
import { createFlowRun } from '../create-flow-run.ts';
import { JsonObject } from '../fields.ts';
import {
  filterFields,
  findRuns,
  FlowRunSort,
  limitField,
  limitOf,
  pageFields,
  pageOf,
  sortRuns,
} from '../filters/query.ts';
import { created, exception, noContent, ok, refusal } from '../http.ts';
import type { FlowRun } from '../records.ts';
import { get, remove, takes, type Route } from '../router.ts';
import { showFlowRun } from '../views.ts';
import { needPool, needQueue } from '../work-pools.ts';
import type { World } from '../world.ts';
import { FlowRunCreate, FlowRunUpdate } from './flow-run-bodies.ts';

const Sort = FlowRunSort.nullish().transform((sort) => sort ?? 'ID_DESC');
const Search = z.object({ ...filterFields, ...pageFields, sort: Sort });

function queueIdOf(world: World, body: z.output<typeof FlowRunCreate>): string | null {
  const { work_pool_name: poolName, work_queue_name: queueName } = body;
  if (poolName === null) return null;
  if (queueName === null) return needPool(world, poolName).default_queue_id;
  return needQueue(world, poolName, queueName).id;
}

function update(world: World, run: FlowRun, body: z.output<typeof FlowRunUpdate>): void {
  if (body.job_variables) checkJobVariables(world, run);
  const {
    name,
    flow_version,
    parameters,
    empirical_policy,
    tags,
    infrastructure_pid,
    job_variables,
  } = body;
  world.runs.put(
    {
      ...run,
      ...(name && { name }),
      ...(flow_version !== undefined && { flow_version }),
      ...(parameters !== undefined && { parameters }),
      ...(empirical_policy !== undefined && { empirical_policy }),
      ...(tags !== undefined && { tags }),
      ...(infrastructure_pid !== undefined && { infrastructure_pid }),
      ...(job_variables !== undefined && { job_variables }),
      updated: world.now(),
    },
    world.now(),
  );
}

function checkJobVariables(world: World, run: FlowRun): void {
  if (run.state.type !== 'SCHEDULED') {
    throw refusal(400, `Job variables for a flow run in state ${run.state.type} cannot be updated`);
  }
  if (run.deployment_id === null || world.deployments.get(run.deployment_id) === undefined) {
    throw refusal(400, 'A deployment for the flow run could not be found');
  }
}

export const flowRunRoutes: readonly Route[] = [
  takes('POST', '/flow_runs/', FlowRunCreate, ({ world, body }) => {
    const { state, name, labels, empirical_policy: policy, job_variables, ...rest } = body;
    const { work_pool_name: _pool, ...facts } = rest;
    const { run, isNew } = createFlowRun(world, {
      ...facts,
      ...(name && { name }),
      ...(labels && { labels }),
      ...(policy && { empirical_policy: policy }),
      job_variables: job_variables ?? {},
      work_queue_id: queueIdOf(world, body),
      state: state ?? { type: 'PENDING' },
    });
    return isNew ? created(showFlowRun(world, run)) : ok(showFlowRun(world, run));
  }),

  get('/flow_runs/{id}', ({ world, params, asOf }) => {
    const run = world.runs.getAsOf(params['id'] ?? '', asOf);
    if (run === undefined) throw refusal(404, 'Flow run not found');
    return ok(showFlowRun(world, run));
  }),

  takes('PATCH', '/flow_runs/{id}', FlowRunUpdate, ({ world, params, body }) => {
    const run = world.runs.get(params['id'] ?? '');
    if (run === undefined) throw refusal(404, 'Flow run not found');
    update(world, run, body);
    return noContent();
  }),

  takes(
    'PATCH',
    '/flow_runs/{id}/labels',
    JsonObject,
    ({ world, params, body, arrival }) => {
      const run = world.runs.get(params['id'] ?? '');
      if (run === undefined) throw exception(404, `Flow run with id ${params['id']} not found`);
      // The server reads, merges and writes without a lock, so a late writer loses keys of others.
      const read = (arrival && world.runs.getAfter(run.id, arrival.change)) ?? run;
      world.runs.put(
        { ...run, labels: { ...read.labels, ...body }, updated: world.now() },
        world.now(),
      );
      return noContent();
    },
    { needs: 'labels' },
  ),

  remove('/flow_runs/{id}', ({ world, params }) => {
    const id = params['id'] ?? '';
    if (!world.runs.delete(id)) throw refusal(404, 'Flow run not found');
    for (const log of world.logs.filter((one) => one.flow_run_id === id)) world.logs.delete(log.id);
    return noContent();
  }),

  takes('POST', '/flow_runs/filter', Search.nullish(), ({ world, body, asOf }) => {
    const search = body ?? Search.parse({});
    const runs = sortRuns(findRuns(world, search, asOf), search.sort);
    return ok(pageOf(runs, search).map((run) => showFlowRun(world, run)));
  }),

  takes('POST', '/flow_runs/count', z.object(filterFields).nullish(), ({ world, body, asOf }) =>
    ok(findRuns(world, body ?? {}, asOf).length),
  ),

  takes(
    'POST',
    '/flow_runs/paginate',
    z.object({ ...filterFields, ...limitField, sort: Sort, page: z.int().min(1).nullish() }),
    ({ world, body, asOf }) => {
      const limit = limitOf(body.limit);
      const page = body.page ?? 1;
      const runs = sortRuns(findRuns(world, body, asOf), body.sort);
      const results = runs
        .slice((page - 1) * limit, page * limit)
        .map((run) => showFlowRun(world, run));
      const pages = limit > 0 ? Math.ceil(runs.length / limit) : 0;
      return ok({ results, count: runs.length, limit, pages, page });
    },
  ),
];
