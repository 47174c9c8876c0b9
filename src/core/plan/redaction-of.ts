import { Redaction } from '../../kernel/redaction/redaction.ts';
import type { KnownSecret } from '../../kernel/redaction/known-secret.ts';

/** The last that was made: a job asks several times in a row, and thousands that wait hold none. */
let last: { readonly secrets: readonly KnownSecret[]; readonly redaction: Redaction } | undefined;

/** What takes a job's secrets out of texts. */
export function redactionOf(secrets: readonly KnownSecret[]): Redaction {
  if (last?.secrets !== secrets) last = { secrets, redaction: new Redaction(secrets) };
  return last.redaction;
}
