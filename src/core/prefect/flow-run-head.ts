import { z } from 'zod';
import type { JsonObject } from '../../kernel/json.ts';
import { JsonRecord } from './json.ts';

/** As much of a flow run as tells whether it concerns us. A page of them says only whom to look at. */
export interface FlowRunHead {
  readonly id: string;
  readonly stateId: string | undefined;
  readonly stateType: string | undefined;
  readonly retryType: string | undefined;
  readonly expectedStartTime: string | undefined;
  readonly state: HeadState;
  readonly labels: JsonObject;
  /** False: the server knows no labels (before 3.1.6). */
  readonly hasLabels: boolean;
}

/** Of the present state. */
export interface HeadState {
  readonly message: string | undefined;
  readonly timestamp: string | undefined;
  /** A claim's is the launch id. */
  readonly transitionId: string | undefined;
  readonly leaseId: string | undefined;
  /** Suspended: its process has ended, and it will be scheduled again. */
  readonly isSuspended: boolean;
}

/** One odd run must not hide a page of others. */
const HeadStateDetails = z.object({
  transition_id: z.string().nullish().catch(undefined),
  deployment_concurrency_lease_id: z.string().nullish().catch(undefined),
  pause_reschedule: z.boolean().nullish().catch(undefined),
});

const HeadState = z.object({
  message: z.string().nullish(),
  timestamp: z.string().nullish(),
  state_details: HeadStateDetails.nullish(),
});

/** Reads but little, for the many runs that turn out not to concern us. */
export const FlowRunHead = z
  .object({
    id: z.string(),
    state_id: z.string().nullish(),
    state_type: z.string().nullish(),
    expected_start_time: z.string().nullish(),
    empirical_policy: z.object({ retry_type: z.string().nullish() }).nullish(),
    state: HeadState.nullish(),
    labels: JsonRecord.nullish(),
  })
  .transform((wire): FlowRunHead => ({
    id: wire.id,
    stateId: wire.state_id ?? undefined,
    stateType: wire.state_type ?? undefined,
    retryType: wire.empirical_policy?.retry_type ?? undefined,
    expectedStartTime: wire.expected_start_time ?? undefined,
    state: {
      message: wire.state?.message ?? undefined,
      timestamp: wire.state?.timestamp ?? undefined,
      transitionId: wire.state?.state_details?.transition_id ?? undefined,
      leaseId: wire.state?.state_details?.deployment_concurrency_lease_id ?? undefined,
      isSuspended: wire.state?.state_details?.pause_reschedule === true,
    },
    labels: wire.labels ?? {},
    hasLabels: wire.labels !== undefined && wire.labels !== null,
  }));
