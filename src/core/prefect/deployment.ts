import { z } from 'zod';
import type { JsonObject } from '../../kernel/json.ts';
import { JsonRecordOrEmpty } from './json.ts';

/** What a launch needs to know of a deployment. */
export interface Deployment {
  readonly id: string;
  readonly name: string;
  /** ISO time of the last change, as the server wrote it. */
  readonly updated: string | undefined;
  readonly jobVariables: JsonObject;
  readonly tags: readonly string[];
  readonly workPoolName: string | undefined;
  readonly flowId: string | undefined;
}

export const Deployment = z
  .object({
    id: z.string(),
    name: z.string(),
    updated: z.string().nullish(),
    job_variables: JsonRecordOrEmpty,
    tags: z.array(z.string()).nullish(),
    work_pool_name: z.string().nullish(),
    flow_id: z.string().nullish(),
  })
  .transform((wire): Deployment => ({
    id: wire.id,
    name: wire.name,
    updated: wire.updated ?? undefined,
    jobVariables: wire.job_variables,
    tags: wire.tags ?? [],
    workPoolName: wire.work_pool_name ?? undefined,
    flowId: wire.flow_id ?? undefined,
  }));
