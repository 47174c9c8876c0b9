import { z } from 'zod';
import {
  isJsonObject,
  isLeftOut,
  WrittenNumber,
  type Json,
  type JsonObject,
} from '../../kernel/json.ts';

/** Levels. Prefect takes 254; what is much deeper would end every function that looks into it. */
const deepest = 1_000;

/**
 * Members of Prefect's documents that are users' own. Their numbers may become text in a job, so
 * that they are read as they were written.
 */
export const usersMembers: readonly string[] = [
  'base_job_template',
  'job_variables',
  'parameters',
  'labels',
  'data', // of a block
  'value', // of a variable
];

/**
 * By hand: zod's own schema of JSON is a union that it tries for every value, the half of a
 * launch's rendering.
 */
function isJson(value: unknown, depth = 0): value is Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (value instanceof WrittenNumber) return true;
  if (depth > deepest) return false;
  if (Array.isArray(value)) return value.every((item) => isJson(item, depth + 1));
  return typeof value === 'object' && isPlain(value, depth + 1);
}

function isPlain(value: object, depth = 0): value is JsonObject {
  for (const key in value) {
    if (!isJson(value[key as keyof typeof value], depth)) return false; // a key that `in` has just named
  }
  return true;
}

function expecting(expected: string) {
  return { message: `Invalid input: expected ${expected}`, params: { expected } };
}

/** Any JSON value. Users' templates and variables are kept as they came. */
export const JsonValue: z.ZodType<Json> = z.custom<Json>(
  (value) => isJson(value),
  expecting('JSON'),
);

/** A JSON object, kept as it came. */
export const JsonRecord: z.ZodType<JsonObject> = z.custom<JsonObject>(
  (value) => isJsonObject(value) && isPlain(value),
  expecting('an object'),
);

/** A JSON object; null and absence count as an empty one. */
export const JsonRecordOrEmpty = JsonRecord.nullish().transform((value): JsonObject => value ?? {});

const wereRead = (labels: JsonObject | null | undefined): boolean => !isLeftOut(labels);
const readable = expecting('no more labels than can be read, some 100,000');

/**
 * Labels of a flow run; null and absence: the server knows none. Who follows the run stands among
 * them: one whose labels were too many to be read is refused, as nobody's it would be taken over
 * while another worker follows it.
 */
export const RunLabels = JsonRecord.nullish().refine(wereRead, readable);

/** The same on a page, where odd ones count as none. */
export const PageLabels = JsonRecord.nullish().catch(undefined).refine(wereRead, readable);
