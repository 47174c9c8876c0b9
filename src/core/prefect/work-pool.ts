import { z } from 'zod';
import type { JsonObject } from '../../kernel/json.ts';
import { JsonRecordOrEmpty } from './json.ts';

/** A work pool (prefect-api.md 2.2). The template is kept as it came: hand-edited ones carry keys we do not know. */
export interface WorkPool {
  readonly id: string;
  readonly name: string;
  readonly type: string;
  readonly isPaused: boolean;
  readonly concurrencyLimit: number | undefined;
  readonly baseJobTemplate: JsonObject;
  readonly description: string | undefined;
  readonly status: string | undefined;
}

export const WorkPool = z
  .object({
    id: z.string(),
    name: z.string(),
    type: z.string(),
    is_paused: z.boolean().nullish(),
    concurrency_limit: z.number().nullish(),
    base_job_template: JsonRecordOrEmpty,
    description: z.string().nullish(),
    status: z.string().nullish(),
  })
  .transform((wire): WorkPool => ({
    id: wire.id,
    name: wire.name,
    type: wire.type,
    isPaused: wire.is_paused ?? false,
    concurrencyLimit: wire.concurrency_limit ?? undefined,
    baseJobTemplate: wire.base_job_template,
    description: wire.description ?? undefined,
    status: wire.status ?? undefined,
  }));
