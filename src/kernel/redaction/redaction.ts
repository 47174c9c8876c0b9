import { isJsonObject, type Json } from '../json.ts';
import type { KnownSecret } from './known-secret.ts';
import { between } from './secret-forms.ts';
import { withoutRevealingShapes } from './revealing-shapes.ts';
import { SecretIndex, type IndexedSecret } from './secret-index.ts';

/** What takes secrets out of a text that somebody may read. */
export interface TextRedactor {
  text(text: string): string;
}

const nothingHeld: Disposable = { [Symbol.dispose]: () => undefined };

/**
 * Held for as long as a task runs, thousands of times: so it is a class, and has what is looked for
 * alone.
 */
class HeldSecrets implements Disposable {
  readonly #index: SecretIndex;
  #held: readonly IndexedSecret[];

  constructor(index: SecretIndex, held: readonly IndexedSecret[]) {
    this.#index = index;
    this.#held = [...held]; // as long as it must be: a list that grew has room for more
  }

  [Symbol.dispose](): void {
    for (const secret of this.#held) this.#index.remove(secret);
    this.#held = [];
  }
}

/** All that a process must not show, and the one way in which a text is freed of it. */
export class Redaction implements TextRedactor {
  readonly #index = new SecretIndex();

  /** `secrets` are known for as long as the process lives. */
  constructor(secrets: readonly KnownSecret[] = []) {
    for (const secret of secrets) this.#index.add(secret);
  }

  /** Knows them until disposed of. Two who hold the same secret do not disturb one another. */
  hold(secrets: readonly KnownSecret[]): Disposable {
    const held = secrets.flatMap((secret) => this.#index.add(secret) ?? []);
    return held.length === 0 ? nothingHeld : new HeldSecrets(this.#index, held);
  }

  text(text: string): string {
    return withoutRevealingShapes(this.#index.without(text));
  }

  /** A secret of several words may be spread over neighbours. */
  #list(texts: readonly string[]): readonly string[] {
    const whole = texts.join(between);
    const shown = this.text(whole);
    return shown === whole ? texts : shown.split(between);
  }

  /** A copy without them, keys included; the same value where it holds none. */
  json(value: Json): Json {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) {
      if (value.length > 1 && value.every((item: Json) => typeof item === 'string'))
        return this.#list(value);
      const items = value.map((item: Json) => this.json(item));
      return items.every((item, at) => item === value[at]) ? value : items;
    }
    if (!isJsonObject(value)) return value;
    let isChanged = false;
    const copy = Object.entries(value).map(([key, inner]): [string, Json] => {
      const shown: [string, Json] = [this.text(key), this.json(inner)];
      isChanged ||= shown[0] !== key || shown[1] !== inner;
      return shown;
    });
    return isChanged ? Object.fromEntries(copy) : value;
  }
}
