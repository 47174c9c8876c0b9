import type { KnownSecret } from '../../kernel/redaction/known-secret.ts';

/**
 * Tells all that no exit of the process may show from now on, until the run that has it is let go.
 * Told again, the new list takes the place of the old one.
 */
export type Conceal = (secrets: readonly KnownSecret[]) => void;

/** Where secrets are known to every exit. */
export interface SecretHolder {
  /** Until disposed of. */
  hold(secrets: readonly KnownSecret[]): Disposable;
}
