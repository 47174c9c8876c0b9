import { z } from 'zod';
import { spareText } from './lenient-wire.ts';

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

const finalTypes: readonly StateType[] = ['COMPLETED', 'FAILED', 'CANCELLED', 'CRASHED'];

/** Whether a run in this state has ended permanently, unless somebody restarts it. */
export function isFinal(type: StateType): boolean {
  return finalTypes.includes(type);
}

/**
 * One state of a flow run as Prefect stores it (prefect-api.md 2.8). The proposer chooses
 * `transitionId`; a claim's is the launch id (worker.md 0.4.3).
 */
export interface State {
  readonly id: string | undefined;
  readonly type: StateType;
  readonly name: string;
  readonly message: string | undefined;
  readonly timestamp: string | undefined;
  readonly transitionId: string | undefined;
  readonly deploymentConcurrencyLeaseId: string | undefined;
  /**
   * References such as a Completed state's result. They must be kept when the state is restored.
   */
  readonly data: unknown;
  /** `state_details` as received, kept when a state is forced. */
  readonly details: Readonly<Record<string, unknown>>;
}

const StateDetails = z.looseObject({
  transition_id: z.string().nullish(),
  deployment_concurrency_lease_id: z.string().nullish(),
});

/** Parses a state. A missing name is the capitalized type, as in Prefect. */
export const State = z
  .object({
    id: z.string().nullish(),
    type: z.enum(stateTypes),
    name: z.string().nullish(),
    message: z.string().nullish(),
    timestamp: spareText,
    data: z.unknown().optional(),
    state_details: StateDetails.nullish(),
  })
  .transform((wire): State => ({
    id: wire.id ?? undefined,
    type: wire.type,
    name: wire.name ?? wire.type.charAt(0) + wire.type.slice(1).toLowerCase(),
    message: wire.message ?? undefined,
    timestamp: wire.timestamp,
    transitionId: wire.state_details?.transition_id ?? undefined,
    deploymentConcurrencyLeaseId: wire.state_details?.deployment_concurrency_lease_id ?? undefined,
    data: wire.data ?? undefined,
    details: wire.state_details ?? {},
  }));
