import { z } from 'zod';
import type { JsonObject } from '../../kernel/json.ts';
import { addIssuesOf } from './inner-issues.ts';
import { JsonRecord } from './json.ts';
import { spareTexts } from './lenient-wire.ts';

/** A flow. `document` is for `ctx.flow.*` in a job's name. */
export interface Flow {
  readonly id: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly document: JsonObject;
}

const Wire = z.looseObject({ id: z.string(), name: z.string(), tags: spareTexts });

export const Flow = JsonRecord.transform((document, context): Flow => {
  const parsed = Wire.safeParse(document);
  if (!parsed.success) {
    addIssuesOf(parsed.error, context);
    return z.NEVER;
  }
  return { id: parsed.data.id, name: parsed.data.name, tags: parsed.data.tags, document };
});
