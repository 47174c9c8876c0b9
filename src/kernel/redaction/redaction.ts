import { isJsonObject, type Json } from '../json.ts';
import type { KnownSecret } from './known-secret.ts';
import { between } from './secret-forms.ts';
import { withoutRevealingShapes } from './revealing-shapes.ts';
import { SecretIndex } from './secret-index.ts';

/** What takes secrets out of a text that somebody may read. */
export interface TextRedactor {
  text(text: string): string;
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
    let held = secrets;
    for (const secret of held) this.#index.add(secret);
    return {
      [Symbol.dispose]: () => {
        for (const secret of held) this.#index.remove(secret);
        held = [];
      },
    };
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
      if (value.length > 1 && value.every((item: Json) => typeof item === 'string')) return this.#list(value);
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
