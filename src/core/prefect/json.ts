import { z } from 'zod';
import type { Json, JsonObject } from '../../kernel/json.ts';

/** Any JSON value. Users' templates and variables are kept as they came. */
export const JsonValue: z.ZodType<Json> = z.json();

/** A JSON object, kept as it came. */
export const JsonRecord: z.ZodType<JsonObject> = z.record(z.string(), JsonValue);

/** A JSON object; null and absence count as an empty one. */
export const JsonRecordOrEmpty = JsonRecord.nullish().transform((value): JsonObject => value ?? {});
