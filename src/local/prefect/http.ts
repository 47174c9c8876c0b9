import { jsonTextOf } from '../../kernel/written-numbers.ts';
import { Answer } from '../message.ts';
import type { z } from 'zod';

/** An error answer, in one of the server's forms (prefect-api.md 1.5). */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
    super(`HTTP ${status}`);
    this.status = status;
    this.body = body;
    this.headers = headers;
  }
}

/** FastAPI's `HTTPException`. */
export function refusal(
  status: number,
  detail: string,
  headers?: Readonly<Record<string, string>>,
): HttpError {
  return new HttpError(status, { detail }, headers);
}

/** The server's own exceptions. */
export function exception(status: number, message: string): HttpError {
  return new HttpError(status, { exception_message: message });
}

export const notFound = (): HttpError => refusal(404, 'Not Found');

export const integrityConflict = (): HttpError =>
  refusal(
    409,
    'Data integrity conflict. This usually means a unique or foreign key constraint was ' +
      'violated. See server logs for details.',
  );

interface ValidationDetail {
  readonly type: string;
  readonly loc: readonly (string | number)[];
  readonly msg: string;
  readonly input: unknown;
}

export function invalidRequest(details: readonly ValidationDetail[], body: unknown): HttpError {
  return new HttpError(422, {
    exception_message: 'Invalid request received.',
    exception_detail: details,
    request_body: body,
  });
}

/** One validation error about a body, in the server's form. */
export function invalidValue(
  path: readonly (string | number)[],
  message: string,
  input: unknown,
  body: unknown,
) {
  const msg = `Value error, ${message}`;
  return invalidRequest([{ type: 'value_error', loc: ['body', ...path], msg, input }], body);
}

export function parseBody<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw invalidRequest(
    parsed.error.issues.flatMap((issue) => detailsOf(issue, body)),
    body,
  );
}

function detailsOf(issue: z.core.$ZodIssue, body: unknown): ValidationDetail[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part));
  const input = valueAt(body, path);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({
      type: 'extra_forbidden',
      loc: ['body', ...path, key],
      msg: 'Extra inputs are not permitted',
      input: valueAt(body, [...path, key]),
    }));
  }
  const loc = ['body', ...path];
  if (input === undefined) {
    const around = valueAt(body, path.slice(0, -1));
    return [{ type: 'missing', loc, msg: 'Field required', input: around ?? null }];
  }
  return [
    { type: issue.code === 'custom' ? 'value_error' : issue.code, loc, msg: issue.message, input },
  ];
}

function valueAt(value: unknown, path: readonly (string | number)[]): unknown {
  let at = value;
  for (const part of path) {
    if (typeof at !== 'object' || at === null) return undefined;
    // Own keys of parsed JSON: objects and lists are both read by name.
    at = (at as Readonly<Record<string | number, unknown>>)[part];
  }
  return at;
}

/** Python preserves the text of numbers: `2.0` stays `2.0`. */
const json = (status: number, body: unknown): Answer =>
  new Answer(status, jsonTextOf(body), { 'content-type': 'application/json' });

export const ok = (body: unknown): Answer => json(200, body);
export const created = (body: unknown): Answer => json(201, body);
export const noContent = (): Answer => new Answer(204);

export function answerOf(error: HttpError): Answer {
  return Answer.json(error.status, error.body, error.headers);
}
