import { z } from 'zod';
import type { JsonObject } from '../../kernel/json.ts';
import { JsonRecordOrEmpty } from './json.ts';
import { spareRecord, spareText, spareTexts } from './lenient-wire.ts';

/** The parts of a deployment that a launch needs. */
export interface Deployment {
  readonly id: string;
  readonly name: string;
  /** ISO time of the last change, as the server wrote it. */
  readonly updated: string | undefined;
  readonly jobVariables: JsonObject;
  readonly tags: readonly string[];
  readonly labels: JsonObject;
  readonly workPoolName: string | undefined;
  readonly flowId: string | undefined;
}

export const Deployment = z
  .object({
    id: z.string(),
    name: z.string(),
    updated: spareText,
    job_variables: JsonRecordOrEmpty,
    tags: spareTexts,
    labels: spareRecord,
    work_pool_name: spareText,
    flow_id: spareText,
  })
  .transform((wire): Deployment => ({
    id: wire.id,
    name: wire.name,
    updated: wire.updated,
    jobVariables: wire.job_variables,
    tags: wire.tags,
    labels: wire.labels,
    workPoolName: wire.work_pool_name,
    flowId: wire.flow_id,
  }));
