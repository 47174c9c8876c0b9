import { inspect } from 'node:util';

const shown = '********';

/** A text that never prints itself: not in logs, errors, JSON, templates or `inspect`. */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The text itself. Call this only where the secret is sent to its destination. */
  reveal(): string {
    return this.#value;
  }

  toString(): string {
    return shown;
  }

  toJSON(): string {
    return shown;
  }

  [inspect.custom](): string {
    return `Secret(${shown})`;
  }
}
