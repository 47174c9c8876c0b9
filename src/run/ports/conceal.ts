import type { KnownSecret } from '../../kernel/redaction/known-secret.ts';

/**
 * Sets the secrets that no log line or message of the process may show until the run is released. A
 * new list replaces the one before.
 */
export type Conceal = (secrets: readonly KnownSecret[]) => void;

/** Makes secrets known to every exit of the process. */
export interface SecretHolder {
  /** Holds them until disposed of. */
  hold(secrets: readonly KnownSecret[]): Disposable;
}
