import type { Conceal, SecretHolder } from '../ports/conceal.ts';

/** What somebody has to keep from every exit, until disposed of. */
export class Concealment implements Disposable {
  readonly #holder: SecretHolder;
  #held: Disposable | undefined;

  constructor(holder: SecretHolder) {
    this.#holder = holder;
  }

  readonly conceal: Conceal = (secrets) => {
    const before = this.#held;
    this.#held = secrets.length === 0 ? undefined : this.#holder.hold(secrets);
    before?.[Symbol.dispose]();
  };

  [Symbol.dispose](): void {
    this.conceal([]);
  }
}
