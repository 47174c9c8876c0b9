import { readFileSync } from 'node:fs';
import { z } from 'zod';

const Headers = z.record(z.string(), z.string());
const common = {
  id: z.string(),
  source: z.string(),
  lookedUp: z.boolean(),
  note: z.string().optional(),
};
const answered = {
  ...common,
  operation: z.string(),
  wire: z.object({ status: z.number(), headers: Headers, body: z.json() }),
};

const Refusal = z.object({
  ...answered,
  kind: z.enum(['error', 'failures']),
  context: z
    .object({ launchType: z.string().optional(), cluster: z.string().optional() })
    .optional(),
  expected: z.strictObject({ class: z.string(), keep: z.string().optional() }),
});
const Task = z.object({
  ...answered,
  kind: z.literal('task'),
  expected: z.strictObject({
    code: z.string().optional(),
    code_not: z.string().optional(),
    start: z.enum(['capacity', 'transient']).optional(),
    end: z.enum(['crashed', 'never-started']).optional(),
    notice: z.literal(true).optional(),
    parsed: z.number().optional(),
  }),
});
const Event = z.object({
  ...common,
  kind: z.literal('event'),
  body: z.json(),
  expected: z.strictObject({
    kind: z.string(),
    identity: z.string().optional(),
    notice: z.literal(true).optional(),
    crash: z.string().nullable().optional(),
    version: z.number().optional(),
    lastStatus: z.string().optional(),
    containers: z.number().optional(),
  }),
});
const Credentials = z.object({
  ...common,
  kind: z.literal('credentials'),
  setup: z.string(),
  expected: z.strictObject({ class: z.string(), keep: z.string().optional() }),
});

export type RecordedRefusal = z.output<typeof Refusal>;
export type RecordedTask = z.output<typeof Task>;

const Records = z.array(z.discriminatedUnion('kind', [Refusal, Task, Event, Credentials]));

/**
 * Answers, errors and events of AWS from public sources, with invented ids. `lookedUp: false` marks
 * those composed from AWS's references. `expected` is what each one means, and `keep` names the
 * words of AWS that users must see.
 */
export const awsRecords = Records.parse(
  JSON.parse(readFileSync(new URL('aws-records.json', import.meta.url), 'utf8')),
);

export const refusals = awsRecords.flatMap((one) =>
  one.kind === 'error' || one.kind === 'failures' ? [one] : [],
);
export const tasks = awsRecords.flatMap((one) => (one.kind === 'task' ? [one] : []));
export const events = awsRecords.flatMap((one) => (one.kind === 'event' ? [one] : []));

/** The body of a recorded answer as bytes. */
export function bodyOf({ body }: RecordedRefusal['wire']): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}
