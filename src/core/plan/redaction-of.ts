import { Redaction } from '../../kernel/redaction/redaction.ts';
import type { KnownSecret } from '../../kernel/redaction/known-secret.ts';

/** Only the last one is kept: a job uses it several times in a row, and thousands of jobs wait. */
let last: { readonly secrets: readonly KnownSecret[]; readonly redaction: Redaction } | undefined;

/** The redaction of a job's secrets. */
export function redactionOf(secrets: readonly KnownSecret[]): Redaction {
  if (last?.secrets !== secrets) last = { secrets, redaction: new Redaction(secrets) };
  return last.redaction;
}
