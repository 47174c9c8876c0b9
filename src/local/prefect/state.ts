import { z } from 'zod';
import { JsonObject, Moment, Uuid, orNull } from './fields.ts';
import type { Timestamp } from './timestamps.ts';

export const stateTypes = [
  'SCHEDULED',
  'PENDING',
  'RUNNING',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'CRASHED',
  'PAUSED',
  'CANCELLING',
] as const;
export type StateType = (typeof stateTypes)[number];
export const StateType = z.enum(stateTypes);

export const finalTypes: readonly StateType[] = ['COMPLETED', 'FAILED', 'CANCELLED', 'CRASHED'];

export function isFinal(type: StateType): boolean {
  return finalTypes.includes(type);
}

/** Unknown keys are dropped here, as the server does; in the state around it they are refused. */
export const StateDetails = z.object({
  flow_run_id: orNull(Uuid),
  task_run_id: orNull(Uuid),
  child_flow_run_id: orNull(Uuid),
  scheduled_time: orNull(Moment),
  cache_key: orNull(z.string()),
  cache_expiration: orNull(Moment),
  deferred: z.boolean().nullable().default(false),
  untrackable_result: z.boolean().default(false),
  pause_timeout: orNull(Moment),
  pause_reschedule: z.boolean().default(false),
  pause_key: orNull(z.string()),
  run_input_keyset: orNull(z.record(z.string(), z.string())),
  refresh_cache: orNull(z.boolean()),
  retriable: orNull(z.boolean()),
  transition_id: orNull(Uuid),
  task_parameters_id: orNull(Uuid),
  traceparent: orNull(z.string()),
  deployment_concurrency_lease_id: orNull(Uuid),
});
export type StateDetails = z.output<typeof StateDetails>;

export const StateCreate = z.strictObject({
  type: StateType,
  name: orNull(z.string()),
  message: orNull(z.string()),
  data: z.unknown().default(null),
  state_details: StateDetails.default(() => StateDetails.parse({})),
});
export type StateCreate = z.output<typeof StateCreate>;

export interface State {
  readonly id: string;
  readonly type: StateType;
  readonly name: string;
  readonly timestamp: Timestamp;
  readonly message: string | null;
  readonly data: unknown;
  readonly state_details: StateDetails;
}

export interface StateFacts {
  readonly type: StateType;
  readonly name?: string | null;
  readonly message?: string | null;
  readonly data?: unknown;
  readonly state_details?: Partial<StateDetails>;
}

const noDetails: StateDetails = StateDetails.parse({});

/** A state that is about to be: a name is made of its type, a scheduled state without time is due now. */
export function stateOf(facts: StateFacts, id: string, now: Timestamp): State {
  const details = { ...noDetails, ...facts.state_details };
  return {
    id,
    type: facts.type,
    name: facts.name ?? capitalised(facts.type),
    timestamp: now,
    message: facts.message ?? null,
    data: facts.data ?? null,
    state_details:
      facts.type === 'SCHEDULED' && details.scheduled_time === null
        ? { ...details, scheduled_time: now }
        : details,
  };
}

export function withDetails(state: State, details: Partial<StateDetails>): State {
  return { ...state, state_details: { ...state.state_details, ...details } };
}

function capitalised(type: StateType): string {
  return `${type.charAt(0)}${type.slice(1).toLowerCase()}`;
}

/** Metadata of a result that was stored somewhere; `unpersisted` marks one that was not. */
export function hasPersistedResult(data: unknown): boolean {
  const object = JsonObject.safeParse(data);
  return object.success && Object.keys(object.data).length > 0 && object.data['type'] !== 'unpersisted';
}
