import { z } from 'zod';
import type { Backend } from './prefect-backends.ts';

type StateFacts = Readonly<Record<string, unknown>>;

const inOneHour = '2099-01-01T00:00:00Z';
const longAgo = '2020-01-01T00:00:00Z';

/** States that a run may have before a proposal, with the details that decide the answer. */
export const origins: Readonly<Record<string, StateFacts>> = {
  Scheduled: { type: 'SCHEDULED', state_details: { scheduled_time: longAgo } },
  'Scheduled ahead': { type: 'SCHEDULED', state_details: { scheduled_time: inOneHour } },
  Late: { type: 'SCHEDULED', name: 'Late', state_details: { scheduled_time: longAgo } },
  AwaitingRetry: {
    type: 'SCHEDULED',
    name: 'AwaitingRetry',
    state_details: { scheduled_time: longAgo },
  },
  Resuming: { type: 'SCHEDULED', name: 'Resuming', state_details: { scheduled_time: longAgo } },
  AwaitingConcurrencySlot: { type: 'SCHEDULED', name: 'AwaitingConcurrencySlot' },
  Pending: { type: 'PENDING' },
  'Pending ahead': { type: 'PENDING', state_details: { scheduled_time: inOneHour } },
  Submitting: { type: 'PENDING', name: 'Submitting' },
  InfrastructurePending: { type: 'PENDING', name: 'InfrastructurePending' },
  Running: { type: 'RUNNING' },
  Paused: { type: 'PAUSED', state_details: { pause_timeout: inOneHour, pause_key: 'k' } },
  'Paused too long': { type: 'PAUSED', state_details: { pause_timeout: longAgo } },
  Suspended: {
    type: 'PAUSED',
    name: 'Suspended',
    state_details: { pause_timeout: inOneHour, pause_reschedule: true },
  },
  Cancelling: { type: 'CANCELLING' },
  Cancelled: { type: 'CANCELLED' },
  Completed: { type: 'COMPLETED' },
  'Completed with result': { type: 'COMPLETED', data: { storage_key: 'k' } },
  'Completed, unpersisted': { type: 'COMPLETED', data: { type: 'unpersisted' } },
  Failed: { type: 'FAILED', message: 'no' },
  Crashed: { type: 'CRASHED', message: 'no' },
};

export const targets: Readonly<Record<string, StateFacts>> = {
  Scheduled: { type: 'SCHEDULED', state_details: { scheduled_time: inOneHour } },
  Late: { type: 'SCHEDULED', name: 'Late' },
  AwaitingRetry: { type: 'SCHEDULED', name: 'AwaitingRetry' },
  Pending: { type: 'PENDING' },
  Submitting: { type: 'PENDING', name: 'Submitting' },
  InfrastructurePending: { type: 'PENDING', name: 'InfrastructurePending' },
  Running: { type: 'RUNNING' },
  Paused: { type: 'PAUSED', state_details: { pause_key: 'k2' } },
  Suspended: {
    type: 'PAUSED',
    name: 'Suspended',
    state_details: { pause_key: 'k2', pause_reschedule: true },
  },
  Cancelling: { type: 'CANCELLING' },
  Cancelled: { type: 'CANCELLED', message: 'over' },
  Completed: { type: 'COMPLETED' },
  'Completed with result': { type: 'COMPLETED', data: { storage_key: 'other' } },
  Failed: { type: 'FAILED', message: 'bad' },
  Crashed: { type: 'CRASHED', message: 'gone' },
};

export interface Cell {
  readonly name: string;
  readonly from: StateFacts;
  readonly to: StateFacts;
  readonly force: boolean;
  readonly pid?: string;
  readonly policy?: Readonly<Record<string, unknown>>;
  readonly adHoc?: boolean;
  /** Both states have one `transition_id`, as after a lost answer. */
  readonly repeated?: boolean;
}

const transitionId = '6f1b1c1e-0000-4000-8000-000000000001';

function everyPair(force: boolean): readonly Cell[] {
  return Object.entries(origins).flatMap(([from, origin]) =>
    Object.entries(targets).map(([to, target]) => ({
      name: `${from} -> ${to}${force ? ', forced' : ''}`,
      from: origin,
      to: target,
      force,
    })),
  );
}

function pick(from: string, to: string): { readonly from: StateFacts; readonly to: StateFacts } {
  return { from: origins[from] ?? {}, to: targets[to] ?? {} };
}

const special: readonly Cell[] = [
  ...Object.keys(origins).map((from) => ({
    name: `${from} -> Cancelling, with infrastructure`,
    ...pick(from, 'Cancelling'),
    force: false,
    pid: 'cluster::task',
  })),
  ...[0, 1, 2].map((retries) => ({
    name: `Running -> Failed, ${retries} retries`,
    ...pick('Running', 'Failed'),
    force: false,
    policy: { retries, retry_delay: 60 },
  })),
  ...['Scheduled', 'Paused', 'Suspended'].map((to) => ({
    name: `Running -> ${to}, ad hoc`,
    ...pick('Running', to),
    force: false,
    adHoc: true,
  })),
  ...['Failed', 'Suspended'].map((from) => ({
    name: `${from} -> Scheduled, ad hoc`,
    ...pick(from, 'Scheduled'),
    force: false,
    adHoc: true,
  })),
  {
    name: 'Running -> Paused under a key that has fired',
    ...pick('Running', 'Paused'),
    force: false,
    policy: { pause_keys: ['k2'] },
  },
  ...Object.keys(targets).map((to) => ({
    name: `Pending -> ${to}, repeated`,
    ...pick('Pending', to),
    force: false,
    repeated: true,
  })),
];

export const cells: readonly Cell[] = [...everyPair(false), ...everyPair(true), ...special];

export interface Ground {
  readonly backend: Backend;
  readonly flowId: string;
  readonly deploymentId: string;
}

const Identified = z.looseObject({ id: z.string() });

export async function groundOf(backend: Backend): Promise<Ground> {
  await backend.ask('POST', '/work_pools/', { name: 'table', type: 'ecs' });
  const flow = Identified.parse((await backend.ask('POST', '/flows/', { name: 'table' })).body);
  const deployment = await backend.ask('POST', '/deployments/', {
    name: 'table',
    flow_id: flow.id,
    work_pool_name: 'table',
    enforce_parameter_schema: false,
  });
  return { backend, flowId: flow.id, deploymentId: Identified.parse(deployment.body).id };
}

const State = z.looseObject({
  type: z.string(),
  name: z.string(),
  message: z.string().nullish(),
  data: z.unknown(),
});
const Result = z.looseObject({
  status: z.string(),
  state: State.nullable(),
  details: z.looseObject({
    type: z.string(),
    reason: z.string().nullish(),
    delay_seconds: z.number().nullish(),
  }),
});
const Run = z.looseObject({
  run_count: z.number(),
  start_time: z.string().nullable(),
  end_time: z.string().nullable(),
  next_scheduled_start_time: z.string().nullable(),
  empirical_policy: z.looseObject({ pause_keys: z.array(z.string()) }),
});

/** Plays one cell: brings a run to its origin, proposes a state and returns all that is visible. */
export async function play(ground: Ground, cell: Cell): Promise<unknown> {
  const { backend } = ground;
  const id = await begin(ground, cell);
  const to = cell.repeated === true ? withTransition(cell.to) : cell.to;
  const answer = await backend.ask('POST', `/flow_runs/${id}/set_state`, {
    state: to,
    force: cell.force,
  });
  const result = Result.parse(answer.body);
  const run = Run.parse((await backend.ask('GET', `/flow_runs/${id}`)).body);
  const { type, reason, delay_seconds: delay } = result.details;
  return {
    http: answer.status,
    status: result.status,
    state: result.state && [
      result.state.type,
      result.state.name,
      result.state.message,
      result.state.data,
    ],
    details: {
      type,
      reason: reason ?? null,
      waits: delay === undefined || delay === null ? null : delay > 0,
    },
    run: {
      run_count: run.run_count,
      started: run.start_time !== null,
      ended: run.end_time !== null,
      scheduled: run.next_scheduled_start_time !== null,
      policy: { ...run.empirical_policy, pause_keys: run.empirical_policy.pause_keys.toSorted() },
    },
  };
}

async function begin({ backend, flowId, deploymentId }: Ground, cell: Cell): Promise<string> {
  const state = cell.repeated === true ? withTransition(cell.from) : cell.from;
  const policy = { retries: null, ...cell.policy };
  const path = cell.adHoc === true ? '/flow_runs/' : `/deployments/${deploymentId}/create_flow_run`;
  const facts = cell.adHoc === true ? { flow_id: flowId } : {};
  // The real server answers 500 when a run is created with a result.
  const first = 'data' in state ? { type: 'RUNNING' } : state;
  const made = await backend.ask('POST', path, {
    ...facts,
    state: first,
    empirical_policy: policy,
  });
  const { id } = Identified.parse(made.body);
  if (first !== state)
    await backend.ask('POST', `/flow_runs/${id}/set_state`, { state, force: true });
  if (cell.pid !== undefined)
    await backend.ask('PATCH', `/flow_runs/${id}`, { infrastructure_pid: cell.pid });
  return id;
}

function withTransition(state: StateFacts): StateFacts {
  return { ...state, state_details: { transition_id: transitionId } };
}

/** Plays all cells, a few at a time, since the real server has one database file. */
export async function playAll(
  ground: Ground,
  atOnce: number,
): Promise<ReadonlyMap<string, unknown>> {
  const played = new Map<string, unknown>();
  const left = [...cells];
  const lane = async (): Promise<void> => {
    for (let cell = left.shift(); cell !== undefined; cell = left.shift()) {
      played.set(cell.name, await play(ground, cell));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  return played;
}
