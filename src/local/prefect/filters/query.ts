import { z } from 'zod';
import { refusal } from '../http.ts';
import type { FlowRun } from '../records.ts';
import type { World } from '../world.ts';
import { FlowRunFilter, matchesFlowRun } from './flow-run-filter.ts';
import {
  DeploymentFilter,
  FlowFilter,
  matchesDeployment,
  matchesFlow,
  matchesPool,
  matchesQueue,
  matchesTaskRun,
  TaskRunFilter,
  WorkPoolFilter,
  WorkQueueFilter,
} from './other-filters.ts';

/** `PREFECT_SERVER_API_DEFAULT_LIMIT`. */
const defaultLimit = 200;

/** Unknown keys beside these are dropped. Inside a filter they are refused. */
export const limitField = { limit: z.int().nullish() };
export const pageFields = { ...limitField, offset: z.int().min(0).nullish() };

export function limitOf(limit: number | null | undefined): number {
  const wanted = limit ?? defaultLimit;
  if (wanted < 0) throw refusal(422, 'Invalid limit: must be greater than or equal to 0.');
  if (wanted > defaultLimit)
    throw refusal(422, `Invalid limit: must be less than or equal to ${defaultLimit}.`);
  return wanted;
}

export function pageOf<T>(
  rows: readonly T[],
  body: { readonly limit?: number | null | undefined; readonly offset?: number | null | undefined },
): readonly T[] {
  const offset = body.offset ?? 0;
  return rows.slice(offset, offset + limitOf(body.limit));
}

export const filterFields = {
  flows: FlowFilter.nullish(),
  flow_runs: FlowRunFilter.nullish(),
  task_runs: TaskRunFilter.nullish(),
  deployments: DeploymentFilter.nullish(),
  work_pools: WorkPoolFilter.nullish(),
  work_pool_queues: WorkQueueFilter.nullish(),
};
const Filters = z.object(filterFields);
export type Filters = z.output<typeof Filters>;

/** `FlowRunSort`; `null` is the default. */
export const FlowRunSort = z
  .enum([
    'ID_DESC',
    'START_TIME_ASC',
    'START_TIME_DESC',
    'EXPECTED_START_TIME_ASC',
    'EXPECTED_START_TIME_DESC',
    'NAME_ASC',
    'NAME_DESC',
    'NEXT_SCHEDULED_START_TIME_ASC',
    'END_TIME_DESC',
  ])
  .default('ID_DESC');

/** The matching runs, unsorted. A filter by ids reads only these runs. */
export function findRuns(world: World, filters: Filters, asOf?: string): readonly FlowRun[] {
  const found: FlowRun[] = [];
  for (const run of candidates(world, filters, asOf))
    if (matches(world, filters, run)) found.push(run);
  return found;
}

function* candidates(world: World, filters: Filters, asOf: string | undefined): Iterable<FlowRun> {
  const filter = filters.flow_runs;
  const isConjunction = filter?.operator === 'and_';
  const ids = isConjunction ? filter.id?.any_ : undefined;
  if (ids !== null && ids !== undefined) {
    for (const id of new Set(ids)) {
      const run = world.runs.getAsOf(id, asOf);
      if (run !== undefined) yield run;
    }
    return;
  }
  const state = isConjunction ? filter.state : undefined;
  const types = state?.operator === 'and_' && !state.type?.not_any_ ? state.type?.any_ : undefined;
  if (asOf === undefined && types !== null && types !== undefined)
    yield* world.runs.inStates(...new Set(types));
  else yield* world.runs.all(asOf);
}

function matches(world: World, filters: Filters, run: FlowRun): boolean {
  const { flow_runs, flows, deployments, work_pools, work_pool_queues, task_runs } = filters;
  if (flow_runs && !matchesFlowRun(world, flow_runs, run)) return false;
  if (flows) {
    const flow = world.flows.get(run.flow_id);
    if (flow === undefined || !matchesFlow(world, flows, flow)) return false;
  }
  if (deployments) {
    const deployment =
      run.deployment_id === null ? undefined : world.deployments.get(run.deployment_id);
    if (deployment === undefined || !matchesDeployment(world, deployments, deployment))
      return false;
  }
  if (work_pools) {
    const pool = world.poolOfQueue(run.work_queue_id);
    if (pool === undefined || !matchesPool(work_pools, pool)) return false;
  }
  if (work_pool_queues) {
    const queue = run.work_queue_id === null ? undefined : world.queues.get(run.work_queue_id);
    if (queue === undefined || !matchesQueue(work_pool_queues, queue)) return false;
  }
  if (!task_runs) return true;
  return (
    world.taskRuns.find(
      (task) => task.flow_run_id === run.id && matchesTaskRun(world, task_runs, task),
    ) !== undefined
  );
}

type Key = (run: FlowRun) => string | null;
const startOrExpected: Key = (run) => run.start_time ?? run.expected_start_time;
const keys: Readonly<
  Record<z.output<typeof FlowRunSort>, { readonly key: Key; readonly descends: boolean }>
> = {
  ID_DESC: { key: (run) => run.id, descends: true },
  START_TIME_ASC: { key: startOrExpected, descends: false },
  START_TIME_DESC: { key: startOrExpected, descends: true },
  EXPECTED_START_TIME_ASC: { key: (run) => run.expected_start_time, descends: false },
  EXPECTED_START_TIME_DESC: { key: (run) => run.expected_start_time, descends: true },
  NAME_ASC: { key: (run) => run.name, descends: false },
  NAME_DESC: { key: (run) => run.name, descends: true },
  NEXT_SCHEDULED_START_TIME_ASC: { key: (run) => run.next_scheduled_start_time, descends: false },
  END_TIME_DESC: { key: (run) => run.end_time, descends: true },
};

/** Nulls first in ascending order, as in SQLite. */
export function sortRuns(
  runs: readonly FlowRun[],
  sort: z.output<typeof FlowRunSort>,
): readonly FlowRun[] {
  const { key, descends } = keys[sort];
  return [...runs].sort((one, other) => {
    const mine = key(one) ?? '';
    const theirs = key(other) ?? '';
    const order = mine < theirs ? -1 : Number(mine > theirs);
    return descends ? -order : order;
  });
}
