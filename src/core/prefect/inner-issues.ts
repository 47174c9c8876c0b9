import type { z } from 'zod';
import { expectedBy } from '../../kernel/mismatch.ts';

/** Passes on the issues of a schema that was used within another one. */
export function addIssuesOf(error: z.ZodError, context: z.RefinementCtx): void {
  for (const issue of error.issues) {
    const params = { expected: expectedBy(issue) };
    context.addIssue({ code: 'custom', path: [...issue.path], message: issue.message, params });
  }
}
