import { firstState } from './orchestration/bookkeeping.ts';
import { integrityConflict } from './http.ts';
import type { FlowRun, FlowRunPolicy } from './records.ts';
import { runName } from './run-names.ts';
import { stateChangeEvent } from './state-change-event.ts';
import { stateOf, type StateFacts } from './state.ts';
import type { World } from './world.ts';

const noPolicy: FlowRunPolicy = {
  max_retries: 0,
  retry_delay_seconds: 0,
  retries: null,
  retry_delay: null,
  pause_keys: [],
  resuming: false,
  retry_type: null,
};

type Optional = Omit<FlowRun, 'id' | 'created' | 'updated' | 'state' | 'flow_id'>;

export type FlowRunFacts = Partial<Optional> & {
  readonly flow_id: string;
  readonly state: StateFacts;
};

export interface CreatedRun {
  readonly run: FlowRun;
  /** False: a run with this flow and idempotency key already existed. */
  readonly isNew: boolean;
}

export function createFlowRun(world: World, facts: FlowRunFacts): CreatedRun {
  if (world.flows.get(facts.flow_id) === undefined) throw integrityConflict();
  const key = facts.idempotency_key ?? null;
  const known = key === null ? undefined : world.runs.byIdempotencyKey(facts.flow_id, key);
  if (known !== undefined) return { run: known, isNew: false };
  const row = world.row();
  const bare: Omit<FlowRun, 'state'> = {
    ...blank,
    ...row,
    name: runName(world.random),
    ...withoutState(facts),
    labels: labelsOf(world, facts),
  };
  const run = world.runs.add(
    firstState(bare, stateOf(facts.state, world.ids.ordered(), row.created)),
  );
  world.events.receive(stateChangeEvent(world, run, undefined));
  return { run, isNew: true };
}

function withoutState(facts: FlowRunFacts): Omit<FlowRunFacts, 'state'> {
  const { state: _state, ...rest } = facts;
  return rest;
}

const blank: Optional = {
  name: '',
  deployment_id: null,
  deployment_version: null,
  work_queue_id: null,
  work_queue_name: null,
  flow_version: null,
  parameters: {},
  idempotency_key: null,
  context: {},
  empirical_policy: noPolicy,
  tags: [],
  labels: {},
  parent_task_run_id: null,
  run_count: 0,
  expected_start_time: null,
  next_scheduled_start_time: null,
  start_time: null,
  end_time: null,
  total_run_time: 0,
  auto_scheduled: false,
  infrastructure_document_id: null,
  infrastructure_pid: null,
  job_variables: {},
};

function labelsOf(world: World, facts: FlowRunFacts): FlowRun['labels'] {
  const deployment = facts.deployment_id ? world.deployments.get(facts.deployment_id) : undefined;
  const parent = deployment?.labels ?? world.flows.get(facts.flow_id)?.labels;
  return {
    ...parent,
    'prefect.flow.id': facts.flow_id,
    ...(deployment !== undefined && { 'prefect.deployment.id': deployment.id }),
    ...facts.labels,
  };
}
