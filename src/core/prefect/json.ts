import { z } from 'zod';
import {
  isJsonObject,
  isLeftOut,
  WrittenNumber,
  type Json,
  type JsonObject,
} from '../../kernel/json.ts';

/**
 * In levels. Prefect accepts 254; much deeper documents would overflow the stack of recursive
 * functions.
 */
const deepest = 1_000;

/**
 * Members of Prefect's documents that belong to users. Their numbers may become text in a job, so
 * they keep their original text.
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
 * Written by hand: zod's own JSON schema tries a union for every value, which took half of the time
 * of rendering a launch.
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

/** Any JSON value, kept as received. */
export const JsonValue: z.ZodType<Json> = z.custom<Json>(
  (value) => isJson(value),
  expecting('JSON'),
);

/** A JSON object, kept as received. */
export const JsonRecord: z.ZodType<JsonObject> = z.custom<JsonObject>(
  (value) => isJsonObject(value) && isPlain(value),
  expecting('an object'),
);

/** A JSON object. Null and absent count as empty. */
export const JsonRecordOrEmpty = JsonRecord.nullish().transform((value): JsonObject => value ?? {});

const wereRead = (labels: JsonObject | null | undefined): boolean => !isLeftOut(labels);
const readable = expecting('no more labels than can be read, some 100,000');

/**
 * Labels of a flow run. Null or absent: the server does not support labels. Labels contain the
 * run's follower, so a run with unreadable labels is refused. Without this, it would be adopted
 * while another worker follows it.
 */
export const RunLabels = JsonRecord.nullish().refine(wereRead, readable);

/** For pages: malformed labels count as none. */
export const PageLabels = JsonRecord.nullish().catch(undefined).refine(wereRead, readable);
