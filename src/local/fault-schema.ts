import { z } from 'zod';

const ms = z.number().min(0);
const status = z.number().int().min(400).max(599);

/** When a rule applies: `probability`, `after` and `times` of a FaultRule. */
export const occasion = {
  probability: z.number().min(0).max(1).exactOptional(),
  after: z.number().int().min(0).exactOptional(),
  times: z.number().int().min(1).exactOptional(),
};

/** Faults of overlapping calls, for a server that supports them. */
export const overlappingFaults = [
  z.strictObject({ kind: z.literal('late-commit'), ms }),
  z.strictObject({ kind: z.literal('lost-update'), ms }),
] as const;

/**
 * The schema of a rule for calls. `errorFields`: further members of the server's error answers.
 * `more`: further kinds of its own.
 */
export function callRuleSchema<
  Fields extends z.ZodRawShape,
  More extends readonly z.ZodObject<{ readonly kind: z.ZodLiteral<string> }>[],
>(errorFields: Fields, more: More) {
  return z.strictObject({
    operation: z.string().min(1),
    fault: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('throttle') }),
      z.strictObject({
        kind: z.literal('error'),
        status,
        ...errorFields,
      }),
      z.strictObject({
        kind: z.literal('answer'),
        status: z.number().int().min(200).max(599),
        body: z.string(),
        headers: z.record(z.string(), z.string()).exactOptional(),
      }),
      z.strictObject({ kind: z.literal('html'), status: status.exactOptional() }),
      z.strictObject({ kind: z.literal('malformed') }),
      z.strictObject({ kind: z.literal('reset-before') }),
      z.strictObject({ kind: z.literal('reset-after') }),
      z.strictObject({ kind: z.literal('hang') }),
      z.strictObject({ kind: z.literal('slow'), ms }),
      z.strictObject({ kind: z.literal('stale'), ms }),
      ...more,
    ]),
    ...occasion,
  });
}
