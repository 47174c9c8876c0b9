import type { z } from 'zod';
import { AwsError } from './aws-error.ts';

/** Reads an operation's input and refuses mismatches as AWS does. Unknown members are ignored. */
export function parseInput<T>(
  schema: z.ZodType<T>,
  input: unknown,
  code = 'InvalidParameterException',
): T {
  const parsed = schema.safeParse(input);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new AwsError(
    code,
    `Invalid parameter '${issue?.path.join('.') ?? ''}': ${issue?.message ?? 'not valid'}`,
  );
}
