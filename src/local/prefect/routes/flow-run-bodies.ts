import { z } from 'zod';
import { JsonObject, Name, Tags, Uuid, orNull } from '../fields.ts';
import { StateCreate } from '../state.ts';

/** The two old names fill in for the new ones (`set_run_policy_deprecated_fields`). */
export const Policy = z
  .object({
    max_retries: z.int().nullish(),
    retry_delay_seconds: z.number().nullish(),
    retries: orNull(z.int()),
    retry_delay: orNull(z.int()),
    pause_keys: z.array(z.string()).nullish(),
    resuming: z.boolean().nullable().default(false),
    retry_type: orNull(z.enum(['in_process', 'reschedule'])),
  })
  .transform((policy) => ({
    max_retries: policy.max_retries ?? 0,
    retry_delay_seconds: policy.retry_delay_seconds ?? 0,
    retries: policy.retries ?? (policy.max_retries ? policy.max_retries : null),
    retry_delay:
      policy.retry_delay ?? (policy.retry_delay_seconds ? policy.retry_delay_seconds : null),
    pause_keys: policy.pause_keys ?? [],
    resuming: policy.resuming,
    retry_type: policy.retry_type,
  }));

const shared = {
  state: orNull(StateCreate),
  name: z.string().nullish(),
  parameters: JsonObject.default({}),
  context: JsonObject.default({}),
  infrastructure_document_id: orNull(Uuid),
  empirical_policy: Policy.optional(),
  tags: Tags.default([]),
  idempotency_key: orNull(z.string()),
  labels: orNull(JsonObject),
  parent_task_run_id: orNull(Uuid),
  work_queue_name: orNull(z.string()),
  job_variables: orNull(JsonObject),
};

export const FlowRunCreate = z.strictObject({
  ...shared,
  flow_id: Uuid,
  flow_version: orNull(z.string()),
  work_pool_name: orNull(Name),
  deployment_id: orNull(Uuid),
});

export const DeploymentFlowRunCreate = z.strictObject({
  ...shared,
  enforce_parameter_schema: orNull(z.boolean()),
});

export const FlowRunUpdate = z.strictObject({
  name: z.string().nullable().optional(),
  flow_version: z.string().nullable().optional(),
  parameters: JsonObject.optional(),
  empirical_policy: Policy.optional(),
  tags: Tags.optional(),
  infrastructure_pid: z.string().nullable().optional(),
  job_variables: JsonObject.nullable().optional(),
});

export const SetState = z.object({ state: StateCreate, force: z.boolean().nullish() });
