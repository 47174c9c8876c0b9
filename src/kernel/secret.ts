import { inspect } from 'node:util';

const shown = '********';

/**
 * A text that never prints itself: not in logs, errors, JSON, templates or a debugger's inspect.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The text itself. Call it where it leaves for its destination, nowhere else. */
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
