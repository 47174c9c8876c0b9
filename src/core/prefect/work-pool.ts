import { z } from 'zod';
import type { JsonObject } from '../../kernel/json.ts';
import { JsonRecordOrEmpty } from './json.ts';
import { spareBoolean, spareNumber, spareText } from './lenient-wire.ts';

/**
 * A work pool (prefect-api.md 2.2). The template is kept unchanged, because people edit templates
 * by hand and add keys that this worker does not know.
 */
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
    is_paused: spareBoolean,
    concurrency_limit: spareNumber,
    base_job_template: JsonRecordOrEmpty,
    description: spareText,
    status: spareText,
  })
  .transform((wire): WorkPool => ({
    id: wire.id,
    name: wire.name,
    type: wire.type,
    isPaused: wire.is_paused ?? false,
    concurrencyLimit: wire.concurrency_limit,
    baseJobTemplate: wire.base_job_template,
    description: wire.description,
    status: wire.status,
  }));
