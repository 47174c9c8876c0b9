import type { KnownSecret } from '../../kernel/redaction/known-secret.ts';
import type { Conceal, SecretHolder } from '../ports/conceal.ts';

/**
 * Holds the new list before it releases the old one: otherwise an exit could show a secret of both
 * in between.
 */
export function heldInstead(
  before: Disposable | undefined,
  secrets: readonly KnownSecret[],
  holder: SecretHolder,
): Disposable | undefined {
  const held = secrets.length === 0 ? undefined : holder.hold(secrets);
  before?.[Symbol.dispose]();
  return held;
}

/** Secrets that every exit conceals until this is disposed of. */
export class Concealment implements Disposable {
  readonly #holder: SecretHolder;
  #held: Disposable | undefined;

  constructor(holder: SecretHolder) {
    this.#holder = holder;
  }

  readonly conceal: Conceal = (secrets) => {
    this.#held = heldInstead(this.#held, secrets, this.#holder);
  };

  [Symbol.dispose](): void {
    this.conceal([]);
  }
}
