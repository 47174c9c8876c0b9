import type { KnownSecret } from '../../kernel/redaction/known-secret.ts';
import type { Conceal, SecretHolder } from '../ports/conceal.ts';

/** The new list is known before the old one goes: no exit shows what both have. */
export function heldInstead(
  before: Disposable | undefined,
  secrets: readonly KnownSecret[],
  holder: SecretHolder,
): Disposable | undefined {
  const held = secrets.length === 0 ? undefined : holder.hold(secrets);
  before?.[Symbol.dispose]();
  return held;
}

/** What somebody has to keep from every exit, until disposed of. */
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
