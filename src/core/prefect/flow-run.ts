import { z } from 'zod';
import type { JsonObject } from '../../kernel/json.ts';
import { addIssuesOf } from './inner-issues.ts';
import { JsonRecord, JsonRecordOrEmpty, RunLabels } from './json.ts';
import { spareText, spareTexts } from './lenient-wire.ts';
import { State, stateTypes, type StateType } from './state.ts';

/**
 * A flow run as Prefect's API returns it. A poll of a self-hosted server returns `state` as null,
 * so read the run again before you decide by its state (prefect-api.md 2.5).
 */
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
  /** Id of the present state. The same id means the same history. */
  readonly stateId: string | undefined;
  readonly infrastructurePid: string | undefined;
  readonly tags: readonly string[];
  readonly labels: JsonObject;
  readonly jobVariables: JsonObject;
  /** ISO time of the first Running. Absent until user code ran. */
  readonly startTime: string | undefined;
  readonly nextScheduledStartTime: string | undefined;
  /** `in_process`: the run's own process retries it, so no worker may start another one. */
  readonly retryType: string | undefined;
  readonly document: FlowRunDocument;
}

/**
 * The document as received, for `ctx.flow_run.*` in a job's name. It can be half a megabyte, with
 * its parameters. A run is held until its task stops, so followers free the document before that.
 */
export class FlowRunDocument {
  #fields: JsonObject | undefined;

  constructor(fields: JsonObject) {
    this.#fields = fields;
  }

  get fields(): JsonObject {
    if (this.#fields === undefined)
      throw new Error('the document of a flow run was forgotten already');
    return this.#fields;
  }

  forget(): void {
    this.#fields = undefined;
  }
}

/**
 * Strict for fields that decide who may launch the run, and as what. Nothing depends on the others.
 */
const Wire = z.looseObject({
  id: z.string(),
  name: z.string(),
  flow_id: z.string(),
  deployment_id: z.string().nullish(),
  work_queue_name: spareText,
  work_pool_id: spareText,
  work_pool_name: spareText,
  state_type: z.enum(stateTypes).nullish(),
  state_name: spareText,
  state_id: z.string().nullish(),
  state: State.nullish().catch(undefined),
  infrastructure_pid: spareText,
  tags: spareTexts,
  labels: RunLabels,
  job_variables: JsonRecordOrEmpty,
  start_time: z.string().nullish(),
  next_scheduled_start_time: spareText,
  empirical_policy: z.looseObject({ retry_type: z.string().nullish() }).nullish(),
});

/** Parses a flow run. Unknown fields are only in `document`. */
export const FlowRun = JsonRecord.transform((document, context): FlowRun => {
  const parsed = Wire.safeParse(document);
  if (!parsed.success) {
    addIssuesOf(parsed.error, context);
    return z.NEVER;
  }
  const wire = parsed.data;
  return {
    id: wire.id,
    name: wire.name,
    flowId: wire.flow_id,
    deploymentId: wire.deployment_id ?? undefined,
    workQueueName: wire.work_queue_name,
    workPoolId: wire.work_pool_id,
    workPoolName: wire.work_pool_name,
    stateType: wire.state_type ?? wire.state?.type ?? undefined,
    stateName: wire.state_name ?? wire.state?.name,
    state: wire.state ?? undefined,
    stateId: wire.state_id ?? wire.state?.id ?? undefined,
    infrastructurePid: wire.infrastructure_pid,
    tags: wire.tags,
    labels: wire.labels ?? {},
    jobVariables: wire.job_variables,
    startTime: wire.start_time ?? undefined,
    nextScheduledStartTime: wire.next_scheduled_start_time,
    retryType: wire.empirical_policy?.retry_type ?? undefined,
    document: new FlowRunDocument(document),
  };
});
