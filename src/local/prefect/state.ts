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
/** @internal */
export const StateType = z.enum(stateTypes);

export const finalTypes: readonly StateType[] = ['COMPLETED', 'FAILED', 'CANCELLED', 'CRASHED'];

export function isFinal(type: StateType): boolean {
  return finalTypes.includes(type);
}

/**
 * @internal Unknown keys are dropped here, as in the server. In the state around it they are
 * refused.
 */
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

export interface StateDetails {
  readonly flow_run_id: string | null;
  readonly task_run_id: string | null;
  readonly child_flow_run_id: string | null;
  readonly scheduled_time: Timestamp | null;
  readonly cache_key: string | null;
  readonly cache_expiration: Timestamp | null;
  readonly deferred: boolean | null;
  readonly untrackable_result: boolean;
  readonly pause_timeout: Timestamp | null;
  readonly pause_reschedule: boolean;
  readonly pause_key: string | null;
  readonly run_input_keyset: Readonly<Record<string, string>> | null;
  readonly refresh_cache: boolean | null;
  readonly retriable: boolean | null;
  readonly transition_id: string | null;
  readonly task_parameters_id: string | null;
  readonly traceparent: string | null;
  readonly deployment_concurrency_lease_id: string | null;
}

/** @internal */
export const StateCreate = z.strictObject({
  type: StateType,
  name: orNull(z.string()),
  message: orNull(z.string()),
  data: z.unknown().default(null),
  state_details: StateDetails.default(() => StateDetails.parse({})),
});
/** A state as clients propose it. */
export interface StateCreate {
  readonly type: StateType;
  readonly name: string | null;
  readonly message: string | null;
  readonly data: unknown;
  readonly state_details: StateDetails;
}

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

/**
 * A state to be written: a missing name is derived from the type, and a scheduled state without a
 * time is due now.
 */
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

/** Metadata of a stored result. `unpersisted` marks one that was not stored. */
export function hasPersistedResult(data: unknown): boolean {
  const object = JsonObject.safeParse(data);
  return (
    object.success && Object.keys(object.data).length > 0 && object.data['type'] !== 'unpersisted'
  );
}
