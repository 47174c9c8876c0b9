import { z } from 'zod';
import { JsonObject, Moment, Tags, Uuid, orNull } from '../fields.ts';
import { filterFields, pageFields, pageOf } from '../filters/query.ts';
import { matchesTaskRun } from '../filters/other-filters.ts';
import { created, noContent, ok, refusal } from '../http.ts';
import type { TaskRun } from '../records.ts';
import { get, remove, takes, type Route } from '../router.ts';
import { StateCreate, stateOf } from '../state.ts';
import { setTaskState } from '../task-run-states.ts';
import { showTaskRun } from '../views.ts';
import type { World } from '../world.ts';
import { SetState } from './flow-run-bodies.ts';

const Policy = z.object({
  max_retries: z.int().default(0),
  retry_delay_seconds: z.number().default(0),
  retries: orNull(z.int()),
  retry_delay: orNull(z.union([z.int(), z.array(z.int())])),
  retry_jitter_factor: orNull(z.number()),
});

const TaskRunCreate = z.strictObject({
  id: orNull(Uuid),
  state: orNull(StateCreate),
  name: z.string().nullish(),
  flow_run_id: orNull(Uuid),
  task_key: z.string(),
  dynamic_key: z.string(),
  cache_key: orNull(z.string()),
  cache_expiration: orNull(Moment),
  task_version: orNull(z.string()),
  empirical_policy: Policy.default(() => Policy.parse({})),
  tags: Tags.default([]),
  labels: orNull(JsonObject),
  task_inputs: JsonObject.default({}),
});

function create(
  world: World,
  body: z.output<typeof TaskRunCreate>,
): { task: TaskRun; isNew: boolean } {
  const known = world.taskRuns.find(
    (task) =>
      task.flow_run_id === body.flow_run_id &&
      task.task_key === body.task_key &&
      task.dynamic_key === body.dynamic_key,
  );
  if (known !== undefined) return { task: known, isNew: false };
  const run = body.flow_run_id === null ? undefined : world.runs.get(body.flow_run_id);
  const { id, state, name, labels, ...facts } = body;
  const task: TaskRun = {
    ...world.row(),
    ...(id !== null && { id }),
    ...facts,
    name: name ?? body.task_key,
    labels: { ...run?.labels, ...(run && { 'prefect.flow-run.id': run.id }), ...labels },
    flow_run_run_count: run?.run_count ?? 0,
    run_count: 0,
    expected_start_time: null,
    next_scheduled_start_time: null,
    start_time: null,
    end_time: null,
    total_run_time: 0,
    state: null,
  };
  const first = stateOf(state ?? { type: 'PENDING' }, world.ids.ordered(), world.now());
  return { task: setTaskState(world, task, first), isNew: true };
}

function need(world: World, id: string | undefined): TaskRun {
  const task = world.taskRuns.get(id ?? '');
  if (task === undefined) throw refusal(404, 'Task not found');
  return task;
}

/** Subflows are task runs, too. Engine 3.8.8 reports its other tasks by events. */
export const taskRunRoutes: readonly Route[] = [
  takes('POST', '/task_runs/', TaskRunCreate, ({ world, body }) => {
    const { task, isNew } = create(world, body);
    return isNew ? created(showTaskRun(world, task)) : ok(showTaskRun(world, task));
  }),
  get('/task_runs/{id}', ({ world, params }) => ok(showTaskRun(world, need(world, params['id'])))),
  takes(
    'PATCH',
    '/task_runs/{id}',
    z.strictObject({ name: z.string() }),
    ({ world, params, body }) => {
      world.taskRuns.put({ ...need(world, params['id']), name: body.name, updated: world.now() });
      return noContent();
    },
  ),
  remove('/task_runs/{id}', ({ world, params }) => {
    world.taskRuns.delete(need(world, params['id']).id);
    return noContent();
  }),
  takes(
    'POST',
    '/task_runs/filter',
    z.object({ ...filterFields, ...pageFields }),
    ({ world, body }) => {
      const { task_runs: filter } = body;
      const tasks = world.taskRuns.filter((task) => !filter || matchesTaskRun(world, filter, task));
      return ok(pageOf(tasks, body).map((task) => showTaskRun(world, task)));
    },
  ),
  takes('POST', '/task_runs/{id}/set_state', SetState, ({ world, params, body }) => {
    const state = stateOf(body.state, world.ids.ordered(), world.now());
    const task = setTaskState(world, need(world, params['id']), state);
    return created({ state: task.state, status: 'ACCEPT', details: { type: 'accept_details' } });
  }),
];
