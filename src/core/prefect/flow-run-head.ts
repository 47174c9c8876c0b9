import { z } from 'zod';
import type { JsonObject } from '../../kernel/json.ts';
import { PageLabels } from './json.ts';
import { spareBoolean, spareText } from './lenient-wire.ts';

/**
 * The part of a flow run that shows whether it concerns this worker. A page of heads only decides
 * which runs to look at.
 */
export interface FlowRunHead {
  readonly id: string;
  readonly stateId: string | undefined;
  readonly stateType: string | undefined;
  readonly retryType: string | undefined;
  readonly expectedStartTime: string | undefined;
  readonly state: HeadState;
  readonly labels: JsonObject;
  /** False: the server does not support labels (before 3.1.6). */
  readonly hasLabels: boolean;
}

/** From the present state. */
export interface HeadState {
  readonly message: string | undefined;
  readonly timestamp: string | undefined;
  /** For a claim, this is the launch id. */
  readonly transitionId: string | undefined;
  readonly leaseId: string | undefined;
  /** Suspended: its process has ended, and it will be scheduled again. */
  readonly isSuspended: boolean;
}

/** Lenient, because one malformed run must not hide a page of others. */
const HeadStateDetails = z.object({
  transition_id: spareText,
  deployment_concurrency_lease_id: spareText,
  pause_reschedule: spareBoolean,
});

const HeadState = z.object({
  message: spareText,
  timestamp: spareText,
  state_details: HeadStateDetails.nullish().catch(undefined),
});

/** Parses little, because most runs turn out not to concern this worker. */
export const FlowRunHead = z
  .object({
    id: z.string(),
    state_id: spareText,
    state_type: spareText,
    expected_start_time: spareText,
    empirical_policy: z.object({ retry_type: spareText }).nullish().catch(undefined),
    state: HeadState.nullish().catch(undefined),
    labels: PageLabels,
  })
  .transform((wire): FlowRunHead => ({
    id: wire.id,
    stateId: wire.state_id,
    stateType: wire.state_type,
    retryType: wire.empirical_policy?.retry_type,
    expectedStartTime: wire.expected_start_time,
    state: {
      message: wire.state?.message,
      timestamp: wire.state?.timestamp,
      transitionId: wire.state?.state_details?.transition_id,
      leaseId: wire.state?.state_details?.deployment_concurrency_lease_id,
      isSuspended: wire.state?.state_details?.pause_reschedule === true,
    },
    labels: wire.labels ?? {},
    hasLabels: wire.labels !== undefined && wire.labels !== null,
  }));
