import { z } from 'zod';
import { Uuid } from '../fields.ts';
import type { FlowRun } from '../records.ts';
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
  NullableTextFilter,
  NullableTimeFilter,
  operatorField,
  ranged,
  tagged,
  TagsFilter,
  TimeFilter,
  when,
  type Checks,
} from './criteria.ts';

const StateTypeFilter = z.strictObject({
  any_: z.array(StateType).nullish(),
  not_any_: z.array(StateType).nullish(),
});
const StateNameFilter = z.strictObject({
  any_: z.array(z.string()).nullish(),
  not_any_: z.array(z.string()).nullish(),
});
const StateFilter = z.strictObject({
  ...operatorField,
  type: StateTypeFilter.nullish(),
  name: StateNameFilter.nullish(),
});

export const FlowRunFilter = z.strictObject({
  ...operatorField,
  id: IdFilter.nullish(),
  name: NameFilter.nullish(),
  tags: TagsFilter.nullish(),
  deployment_id: NullableIdFilter.nullish(),
  work_queue_name: NullableTextFilter.nullish(),
  state: StateFilter.nullish(),
  flow_version: AnyTextFilter.nullish(),
  start_time: NullableTimeFilter.nullish(),
  end_time: NullableTimeFilter.nullish(),
  expected_start_time: TimeFilter.nullish(),
  next_scheduled_start_time: TimeFilter.nullish(),
  parent_flow_run_id: AnyIdFilter.extend(operatorField).nullish(),
  parent_task_run_id: NullableIdFilter.nullish(),
  idempotency_key: StateNameFilter.nullish(),
  created_by: z
    .strictObject({
      ...operatorField,
      id_: z.array(Uuid).nullish(),
      type_: z.array(z.string()).nullish(),
      is_null_: z.boolean().nullish(),
    })
    .nullish(),
});
export type FlowRunFilter = z.output<typeof FlowRunFilter>;

export function matchesFlowRun(world: World, filter: FlowRunFilter, run: FlowRun): boolean {
  return combined(filter.operator, [
    ...when(filter.id, (id) => every([...anyOf(id, run.id), ...notAnyOf(id, run.id)])),
    ...when(filter.state, (state) => matchesState(state, run)),
    ...when(filter.name, (name) => every([...anyOf(name, run.name), ...like(name, run.name)])),
    ...when(filter.tags, (tags) => tagged(tags, run.tags)),
    ...timeChecks(filter, run),
    ...relationChecks(world, filter, run),
    ...when(filter.flow_version, (version) => every(anyOf(version, run.flow_version))),
    ...when(filter.idempotency_key, (key) =>
      every([...anyOf(key, run.idempotency_key), ...notAnyOf(key, run.idempotency_key)]),
    ),
  ]);
}

/** The server ignores a part with both `any_` and `not_any_`. */
function matchesState(filter: z.output<typeof StateFilter>, run: FlowRun): boolean {
  const { type, name } = run.state;
  const single = (checks: Checks): Checks => (checks.length === 1 ? checks : []);
  return combined(filter.operator, [
    ...(filter.type ? single([...anyOf(filter.type, type), ...notAnyOf(filter.type, type)]) : []),
    ...(filter.name ? single([...anyOf(filter.name, name), ...notAnyOf(filter.name, name)]) : []),
  ]);
}

function timeChecks(filter: FlowRunFilter, run: FlowRun): Checks {
  return [
    ...when(filter.start_time, (time) => {
      // A run that has not started counts with its expected start time.
      const start = run.start_time ?? run.expected_start_time;
      return every([...ranged(time, start), ...isNull(time, run.start_time)]);
    }),
    ...when(filter.end_time, (time) =>
      every([...ranged(time, run.end_time), ...isNull(time, run.end_time)]),
    ),
    ...when(filter.expected_start_time, (time) => every(ranged(time, run.expected_start_time))),
    ...when(filter.next_scheduled_start_time, (time) =>
      every(ranged(time, run.next_scheduled_start_time)),
    ),
  ];
}

function relationChecks(world: World, filter: FlowRunFilter, run: FlowRun): Checks {
  const nullable = (
    part: z.output<typeof NullableIdFilter> | z.output<typeof NullableTextFilter>,
    value: string | null,
  ): boolean => combined(part.operator, [...anyOf(part, value), ...isNull(part, value)]);
  return [
    ...when(filter.deployment_id, (part) => nullable(part, run.deployment_id)),
    ...when(filter.work_queue_name, (part) => nullable(part, run.work_queue_name)),
    ...when(filter.parent_task_run_id, (part) => nullable(part, run.parent_task_run_id)),
    ...when(filter.parent_flow_run_id, (part) => {
      const task =
        run.parent_task_run_id === null ? undefined : world.taskRuns.get(run.parent_task_run_id);
      return every(anyOf(part, task?.flow_run_id ?? null));
    }),
    // No run here is created by an automation.
    ...when(filter.created_by, (part) =>
      combined(part.operator, [
        ...when(part.id_, () => false),
        ...when(part.type_, () => false),
        ...isNull(part, null),
      ]),
    ),
  ];
}
