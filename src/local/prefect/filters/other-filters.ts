import { z } from 'zod';
import { Uuid } from '../fields.ts';
import type { Deployment, Flow, Log, TaskRun, WorkPool, WorkQueue, Worker } from '../records.ts';
import { StateType } from '../state.ts';
import type { World } from '../world.ts';
import {
  anyOf,
  AnyIdFilter,
  AnyTextFilter,
  combined,
  every,
  IdFilter,
  isNull,
  like,
  NameFilter,
  notAnyOf,
  NullableIdFilter,
  NullableTimeFilter,
  operatorField,
  ranged,
  tagged,
  TagsFilter,
  TimeFilter,
  when,
} from './criteria.ts';

export const WorkPoolFilter = z.strictObject({
  ...operatorField,
  id: AnyIdFilter.nullish(),
  name: AnyTextFilter.nullish(),
  type: AnyTextFilter.nullish(),
});
export function matchesPool(filter: z.output<typeof WorkPoolFilter>, pool: WorkPool): boolean {
  return combined(filter.operator, [
    ...when(filter.id, (id) => every(anyOf(id, pool.id))),
    ...when(filter.name, (name) => every(anyOf(name, pool.name))),
    ...when(filter.type, (type) => every(anyOf(type, pool.type))),
  ]);
}

export const WorkQueueFilter = z.strictObject({
  ...operatorField,
  id: AnyIdFilter.nullish(),
  name: AnyTextFilter.extend({ startswith_: z.array(z.string()).nullish() }).nullish(),
});
export function matchesQueue(filter: z.output<typeof WorkQueueFilter>, queue: WorkQueue): boolean {
  return combined(filter.operator, [
    ...when(filter.id, (id) => every(anyOf(id, queue.id))),
    ...when(filter.name, (name) =>
      every([
        ...anyOf(name, queue.name),
        ...when(name.startswith_, (starts) => starts.some((start) => queue.name.startsWith(start))),
      ]),
    ),
  ]);
}

const WorkerStatus = z.enum(['ONLINE', 'OFFLINE']);
export const WorkerFilter = z.strictObject({
  ...operatorField,
  last_heartbeat_time: TimeFilter.nullish(),
  status: z
    .strictObject({
      any_: z.array(WorkerStatus).nullish(),
      not_any_: z.array(WorkerStatus).nullish(),
    })
    .nullish(),
});
export function matchesWorker(filter: z.output<typeof WorkerFilter>, worker: Worker): boolean {
  return combined(filter.operator, [
    ...when(filter.last_heartbeat_time, (time) => every(ranged(time, worker.last_heartbeat_time))),
    ...when(filter.status, (status) =>
      every([...anyOf(status, worker.status), ...notAnyOf(status, worker.status)]),
    ),
  ]);
}

export const FlowFilter = z.strictObject({
  ...operatorField,
  id: IdFilter.nullish(),
  deployment: z.strictObject({ ...operatorField, is_null_: z.boolean().nullish() }).nullish(),
  name: NameFilter.nullish(),
  tags: TagsFilter.nullish(),
});
export function matchesFlow(
  world: World,
  filter: z.output<typeof FlowFilter>,
  flow: Flow,
): boolean {
  return combined(filter.operator, [
    ...when(filter.id, (id) => every([...anyOf(id, flow.id), ...notAnyOf(id, flow.id)])),
    ...when(filter.deployment, (part) =>
      every(
        isNull(
          part,
          world.deployments.find((deployment) => deployment.flow_id === flow.id) ?? null,
        ),
      ),
    ),
    ...when(filter.name, (name) => every([...anyOf(name, flow.name), ...like(name, flow.name)])),
    ...when(filter.tags, (tags) => tagged(tags, flow.tags)),
  ]);
}

export const DeploymentFilter = z.strictObject({
  ...operatorField,
  id: IdFilter.nullish(),
  name: NameFilter.nullish(),
  flow_or_deployment_name: z.strictObject({ like_: z.string().nullish() }).nullish(),
  paused: z.strictObject({ eq_: z.boolean().nullish() }).nullish(),
  tags: TagsFilter.nullish(),
  work_queue_name: AnyTextFilter.nullish(),
  concurrency_limit: z
    .strictObject({
      ge_: z.int().nullish(),
      le_: z.int().nullish(),
      is_null_: z.boolean().nullish(),
    })
    .nullish(),
});
export function matchesDeployment(
  world: World,
  filter: z.output<typeof DeploymentFilter>,
  deployment: Deployment,
): boolean {
  const { id, name } = deployment;
  const limit =
    deployment.concurrency_limit_id === null
      ? null
      : (world.limits.rows.get(deployment.concurrency_limit_id)?.limit ?? null);
  return combined(filter.operator, [
    ...when(filter.id, (part) => every([...anyOf(part, id), ...notAnyOf(part, id)])),
    ...when(filter.name, (part) => every([...anyOf(part, name), ...like(part, name)])),
    ...when(filter.flow_or_deployment_name, (part) => {
      const flowName = world.flows.get(deployment.flow_id)?.name ?? '';
      return every(
        when(part.like_, (text) =>
          [name, flowName].some((one) => every(like({ like_: text }, one))),
        ),
      );
    }),
    ...when(filter.paused, (part) =>
      every(when(part.eq_, (wanted) => deployment.paused === wanted)),
    ),
    ...when(filter.tags, (tags) => tagged(tags, deployment.tags)),
    ...when(filter.work_queue_name, (part) => every(anyOf(part, deployment.work_queue_name))),
    ...when(filter.concurrency_limit, (part) =>
      every([
        ...when(part.ge_, (least) => limit !== null && limit >= least),
        ...when(part.le_, (most) => limit !== null && limit <= most),
        ...isNull(part, limit),
      ]),
    ),
  ]);
}

export const TaskRunFilter = z.strictObject({
  ...operatorField,
  id: AnyIdFilter.nullish(),
  name: NameFilter.nullish(),
  tags: TagsFilter.nullish(),
  state: z
    .strictObject({
      ...operatorField,
      type: z.strictObject({ any_: z.array(StateType).nullish() }).nullish(),
      name: AnyTextFilter.nullish(),
    })
    .nullish(),
  start_time: NullableTimeFilter.nullish(),
  end_time: NullableTimeFilter.nullish(),
  expected_start_time: TimeFilter.nullish(),
  subflow_runs: z.strictObject({ exists_: z.boolean().nullish() }).nullish(),
  flow_run_id: NullableIdFilter.nullish(),
});
export function matchesTaskRun(
  world: World,
  filter: z.output<typeof TaskRunFilter>,
  task: TaskRun,
): boolean {
  const hasSubflow = (): boolean =>
    world.runs.all().some((run) => run.parent_task_run_id === task.id);
  return combined(filter.operator, [
    ...when(filter.id, (id) => every(anyOf(id, task.id))),
    ...when(filter.name, (name) => every([...anyOf(name, task.name), ...like(name, task.name)])),
    ...when(filter.tags, (tags) => tagged(tags, task.tags)),
    ...when(filter.state, (state) =>
      combined(state.operator, [
        ...when(state.type, (type) => every(anyOf(type, task.state?.type ?? null))),
        ...when(state.name, (name) => every(anyOf(name, task.state?.name ?? null))),
      ]),
    ),
    ...when(filter.start_time, (time) =>
      every([...ranged(time, task.start_time), ...isNull(time, task.start_time)]),
    ),
    ...when(filter.end_time, (time) =>
      every([...ranged(time, task.end_time), ...isNull(time, task.end_time)]),
    ),
    ...when(filter.expected_start_time, (time) => every(ranged(time, task.expected_start_time))),
    ...when(filter.subflow_runs, (part) =>
      every(when(part.exists_, (wanted) => hasSubflow() === wanted)),
    ),
    ...when(filter.flow_run_id, (part) =>
      combined(part.operator, [
        ...anyOf(part, task.flow_run_id),
        ...isNull(part, task.flow_run_id),
      ]),
    ),
  ]);
}

export const LogFilter = z.strictObject({
  ...operatorField,
  level: z.strictObject({ ge_: z.int().nullish(), le_: z.int().nullish() }).nullish(),
  timestamp: TimeFilter.nullish(),
  flow_run_id: AnyIdFilter.nullish(),
  task_run_id: z
    .strictObject({ any_: z.array(Uuid).nullish(), is_null_: z.boolean().nullish() })
    .nullish(),
  text: z.strictObject({ query: z.string().max(200) }).nullish(),
});
export function matchesLog(filter: z.output<typeof LogFilter>, log: Log): boolean {
  return combined(filter.operator, [
    ...when(filter.level, (level) =>
      every([
        ...when(level.ge_, (least) => log.level >= least),
        ...when(level.le_, (most) => log.level <= most),
      ]),
    ),
    ...when(filter.timestamp, (time) => every(ranged(time, log.timestamp))),
    ...when(filter.flow_run_id, (part) => every(anyOf(part, log.flow_run_id))),
    ...when(filter.task_run_id, (part) =>
      every([...anyOf(part, log.task_run_id), ...isNull(part, log.task_run_id)]),
    ),
    ...when(filter.text, ({ query }) =>
      `${log.message} ${log.name}`.toLowerCase().includes(query.toLowerCase()),
    ),
  ]);
}
