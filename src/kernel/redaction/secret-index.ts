import { reachOf, type KnownSecret, type Reach } from './known-secret.ts';
import { formsOf } from './secret-forms.ts';

/** The replacement for a secret. */
export const hidden = '***';

/** Forms are looked up by their first characters. */
const keyLength = 4;

/** A form of a secret. Shared by all runs that have the secret. */
export interface IndexedSecret {
  readonly key: string;
  readonly text: string;
  readonly reach: Reach;
  /** The number of current holders. */
  holders: number;
}

interface Form {
  /** The number of active secrets that it belongs to, by the way they match. */
  readonly counts: Record<Reach, number>;
}

interface Bucket {
  readonly forms: Map<string, Form>;
  /** The number of forms of each length. */
  readonly counts: Map<number, number>;
  /** Longest first, so that the longer of two secrets with a common prefix is redacted. */
  lengths: readonly number[];
}

const filterSize = 1 << 16;
const noFilter = new Uint32Array(0);

/**
 * Finds all forms of all secrets in one pass over a text. The cost depends on the text, not on the
 * number of secrets. A secret may be added several times, and is dropped when it has been removed
 * as often.
 */
export class SecretIndex {
  readonly #buckets = new Map<string, Bucket>();
  /**
   * Counts keys by their first two characters, modulo its size, to rule out nearly every position
   * of a text quickly. Allocated with the first secret: a rendering creates several indexes, most
   * of which stay empty.
   */
  #filter: Uint32Array = noFilter;
  readonly #known = new Map<string, IndexedSecret>();

  /** Returns a handle for `remove`. Undefined if the secret is not searched for. */
  add({ secret, origin }: KnownSecret): IndexedSecret | undefined {
    const text = secret.reveal();
    const reach = reachOf(text, origin);
    if (reach === undefined) return undefined;
    const key = `${origin} ${text}`;
    const known = this.#known.get(key) ?? { key, text, reach, holders: 0 };
    known.holders += 1;
    if (known.holders > 1) return known;
    this.#known.set(key, known);
    for (const form of formsOf(text)) this.#addForm(form, reach);
    return known;
  }

  remove(known: IndexedSecret): void {
    known.holders -= 1;
    if (known.holders > 0) return;
    this.#known.delete(known.key);
    for (const form of formsOf(known.text)) this.#removeForm(form, known.reach);
  }

  /** Returns the same text if it contains no secret. */
  without(text: string): string {
    if (this.#buckets.size === 0) return text;
    let shown = '';
    let shownTo = 0;
    for (let at = 0; at < text.length; at += 1) {
      if (this.#filter[slotOf(text, at)] === 0) continue;
      const length = this.#lengthAt(text, at);
      if (length === 0) continue;
      // a piece of the same secret, perhaps
      const followsAnother = at === shownTo && shown.endsWith(hidden);
      shown += text.slice(shownTo, at) + (followsAnother ? '' : hidden);
      shownTo = at + length;
      at = shownTo - 1;
    }
    return shownTo === 0 ? text : shown + text.slice(shownTo);
  }

  /** The length of the longest form at this position, or 0. */
  #lengthAt(text: string, at: number): number {
    for (let length = keyLength; length > 0; length -= 1) {
      const bucket = this.#buckets.get(text.slice(at, at + length));
      if (bucket === undefined) continue;
      for (const whole of bucket.lengths) {
        const form = bucket.forms.get(text.slice(at, at + whole));
        if (form !== undefined && (form.counts.anywhere > 0 || isWord(text, at, whole)))
          return whole;
      }
    }
    return 0;
  }

  #addForm(text: string, reach: Reach): void {
    const key = text.slice(0, keyLength);
    let bucket = this.#buckets.get(key);
    if (bucket === undefined) {
      bucket = { forms: new Map(), counts: new Map(), lengths: [] };
      this.#buckets.set(key, bucket);
      this.#mark(key, 1);
    }
    const known = bucket.forms.get(text);
    const form = known ?? { counts: { anywhere: 0, 'as-a-word': 0 } };
    form.counts[reach] += 1;
    if (known !== undefined) return;
    bucket.forms.set(text, form);
    countLength(bucket, text.length, 1);
  }

  #removeForm(text: string, reach: Reach): void {
    const key = text.slice(0, keyLength);
    const bucket = this.#buckets.get(key);
    const form = bucket?.forms.get(text);
    if (bucket === undefined || form === undefined) return;
    form.counts[reach] -= 1;
    if (form.counts.anywhere + form.counts['as-a-word'] > 0) return;
    bucket.forms.delete(text);
    countLength(bucket, text.length, -1);
    if (bucket.forms.size > 0) return;
    this.#buckets.delete(key);
    this.#mark(key, -1);
  }

  /** A one-character key matches with any following character. */
  #mark(key: string, change: 1 | -1): void {
    if (this.#filter === noFilter) this.#filter = new Uint32Array(filterSize);
    if (key.length > 1) this.#filter[slotOf(key, 0)] = (this.#filter[slotOf(key, 0)] ?? 0) + change;
    else
      for (let next = 0; next < filterSize; next += 1)
        this.#filter[next] = (this.#filter[next] ?? 0) + change;
  }
}

function slotOf(text: string, at: number): number {
  return (
    (Math.imul(text.charCodeAt(at), 0x9e5) ^ (text.charCodeAt(at + 1) * 31)) & (filterSize - 1)
  );
}

/**
 * There are few lengths and many forms: the list is rebuilt only when a length appears or vanishes.
 */
function countLength(bucket: Bucket, length: number, change: 1 | -1): void {
  const before = bucket.counts.get(length) ?? 0;
  const after = before + change;
  if (after === 0) bucket.counts.delete(length);
  else bucket.counts.set(length, after);
  if (before === 0 || after === 0)
    bucket.lengths = [...bucket.counts.keys()].sort((one, other) => other - one);
}

/** A separate word, and not in an ARN, where a short match is far more likely a name. */
function isWord(text: string, at: number, length: number): boolean {
  if (goesOn(text, at - 1, -1) || goesOn(text, at + length, 1)) return false;
  const token =
    /[^\s"'`,;()[\]{}]*$/.exec(text.slice(Math.max(0, at - longestArnPart), at))?.[0] ?? '';
  return !token.includes('arn:');
}

const longestArnPart = 300;

/** Whether a word continues here: `worker-1`, `24/7` and `7.5` are words; a full stop ends one. */
function goesOn(text: string, at: number, step: 1 | -1): boolean {
  const sign = text.charAt(at);
  if (sign === '.') return /^\w$/.test(text.charAt(at + step));
  return /^[\w/-]$/.test(sign);
}
