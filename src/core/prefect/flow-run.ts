import { z } from 'zod';
import type { JsonObject } from '../../kernel/json.ts';
import { JsonRecord, JsonRecordOrEmpty } from './json.ts';
import { State, stateTypes, type StateType } from './state.ts';

/** A flow run as Prefect's API returns it (prefect-api.md 2.5). The poll leaves `state` null on a self-hosted server. */
export interface FlowRun {
  readonly id: string;
  readonly name: string;
  readonly flowId: string;
  readonly deploymentId: string | undefined;
  readonly workQueueName: string | undefined;
  readonly workPoolId: string | undefined;
  readonly workPoolName: string | undefined;
  readonly stateType: StateType | undefined;
  readonly stateName: string | undefined;
  readonly state: State | undefined;
  /** Of the present state; the same id means the same history. */
  readonly stateId: string | undefined;
  readonly infrastructurePid: string | undefined;
  readonly tags: readonly string[];
  readonly labels: JsonObject;
  readonly jobVariables: JsonObject;
  /** ISO time of the first Running; absent as long as user code never ran. */
  readonly startTime: string | undefined;
  readonly nextScheduledStartTime: string | undefined;
  /** `in_process`: the run's own process retries it; nobody may start another. */
  readonly retryType: string | undefined;
  readonly document: FlowRunDocument;
}

/**
 * The document as received; `ctx.flow_run.*` of a job's name is rendered from it. With its parameters it can be half a
 * megabyte, and the run is held until its task stops: whoever follows the run forgets it before.
 */
export class FlowRunDocument {
  #fields: JsonObject | undefined;

  constructor(fields: JsonObject) {
    this.#fields = fields;
  }

  get fields(): JsonObject {
    if (this.#fields === undefined) throw new Error('the document of a flow run was forgotten already');
    return this.#fields;
  }

  forget(): void {
    this.#fields = undefined;
  }
}

const Wire = z.looseObject({
  id: z.string(),
  name: z.string(),
  flow_id: z.string(),
  deployment_id: z.string().nullish(),
  work_queue_name: z.string().nullish(),
  work_pool_id: z.string().nullish(),
  work_pool_name: z.string().nullish(),
  state_type: z.enum(stateTypes).nullish(),
  state_name: z.string().nullish(),
  state_id: z.string().nullish(),
  state: State.nullish(),
  infrastructure_pid: z.string().nullish(),
  tags: z.array(z.string()).nullish(),
  labels: JsonRecordOrEmpty,
  job_variables: JsonRecordOrEmpty,
  start_time: z.string().nullish(),
  next_scheduled_start_time: z.string().nullish(),
  empirical_policy: z.looseObject({ retry_type: z.string().nullish() }).nullish(),
});

/** Parses a flow run off the wire; unknown fields stay in `document` alone. */
export const FlowRun = JsonRecord.transform((document, context): FlowRun => {
  const parsed = Wire.safeParse(document);
  if (!parsed.success) {
    for (const issue of parsed.error.issues)
      context.addIssue({ ...issue, code: 'custom', message: issue.message });
    return z.NEVER;
  }
  const wire = parsed.data;
  return {
    id: wire.id,
    name: wire.name,
    flowId: wire.flow_id,
    deploymentId: wire.deployment_id ?? undefined,
    workQueueName: wire.work_queue_name ?? undefined,
    workPoolId: wire.work_pool_id ?? undefined,
    workPoolName: wire.work_pool_name ?? undefined,
    stateType: wire.state_type ?? wire.state?.type ?? undefined,
    stateName: wire.state_name ?? wire.state?.name ?? undefined,
    state: wire.state ?? undefined,
    stateId: wire.state_id ?? wire.state?.id ?? undefined,
    infrastructurePid: wire.infrastructure_pid ?? undefined,
    tags: wire.tags ?? [],
    labels: wire.labels,
    jobVariables: wire.job_variables,
    startTime: wire.start_time ?? undefined,
    nextScheduledStartTime: wire.next_scheduled_start_time ?? undefined,
    retryType: wire.empirical_policy?.retry_type ?? undefined,
    document: new FlowRunDocument(document),
  };
});
