import { isJsonObject, type Json } from '../json.ts';
import type { KnownSecret } from './known-secret.ts';
import { between } from './secret-forms.ts';
import { withoutRevealingShapes } from './revealing-shapes.ts';
import { SecretIndex, type IndexedSecret } from './secret-index.ts';

/** Removes secrets from a text that people may read. */
export interface TextRedactor {
  text(text: string): string;
}

const nothingHeld: Disposable = { [Symbol.dispose]: () => undefined };

/** A small class instead of closures: thousands of them live as long as their tasks. */
class HeldSecrets implements Disposable {
  readonly #index: SecretIndex;
  #held: readonly IndexedSecret[];

  constructor(index: SecretIndex, held: readonly IndexedSecret[]) {
    this.#index = index;
    this.#held = [...held]; // copied to its exact size: a list that grew has spare capacity
  }

  [Symbol.dispose](): void {
    for (const secret of this.#held) this.#index.remove(secret);
    this.#held = [];
  }
}

/** All secrets of a process, and the only place that removes them from texts. */
export class Redaction implements TextRedactor {
  readonly #index = new SecretIndex();

  /** `secrets` are redacted for the lifetime of the process. */
  constructor(secrets: readonly KnownSecret[] = []) {
    for (const secret of secrets) this.#index.add(secret);
  }

  /** Redacts these secrets, too, until disposed. Several holders of a secret are independent. */
  hold(secrets: readonly KnownSecret[]): Disposable {
    const held = secrets.flatMap((secret) => this.#index.add(secret) ?? []);
    return held.length === 0 ? nothingHeld : new HeldSecrets(this.#index, held);
  }

  text(text: string): string {
    return withoutRevealingShapes(this.#index.without(text));
  }

  /** Redacts a list of words. A secret with several words may span neighbouring items. */
  #list(texts: readonly string[]): readonly string[] {
    const whole = texts.join(between);
    const shown = this.text(whole);
    return shown === whole ? texts : shown.split(between);
  }

  /** A copy without secrets, in keys as well. The same value if it has none. */
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
