import { isJsonObject, type Json, type JsonObject } from '../../kernel/json.ts';
import { pyStr } from '../job/py-repr.ts';
import { withEntities } from '../job/slug.ts';
import type { TagBlanks } from '../job/ecs-job.ts';
import { isEmpty, objectsIn } from '../job/shape.ts';
import { trimmedEnd } from '../job/trimmed.ts';

export interface EcsTag {
  readonly key: string;
  readonly value: string;
}

const longestKey = 128;
const longestValue = 256;
const mostTags = 50;

/**
 * The misspelling is part of the protocol: corrected, a Python observer would not deregister the
 * definition (worker.md 0.2).
 */
export const deregistrationTag: EcsTag = {
  key: 'prefect.io/degregister-task-definition',
  value: 'true',
};

export interface PreparedTags {
  readonly tags: readonly EcsTag[];
  /** Keys of tags that AWS would refuse, or that exceed its limit. */
  readonly dropped: readonly string[];
}

/**
 * The tags of a RunTask request: the template's, with labels winning, cleaned and cut to what AWS
 * takes (worker.md 7 rules 12 to 17).
 */
export function tagsFor(
  template: Json | undefined,
  labels: Readonly<Record<string, string>>,
  { deregister, blanks }: { readonly deregister: boolean; readonly blanks: TagBlanks },
): PreparedTags {
  const valueOf = blanks === 'keep' ? cleanTagValue : cleanTagText;
  const given = tagList(template).filter((tag) => !Object.hasOwn(labels, tag.key));
  const labelled = Object.entries(labels).map(([key, value]): EcsTag => ({ key, value }));
  const cleaned = [...given, ...labelled].map((tag) => ({
    ...tag,
    key: cleanTagText(tag.key).slice(0, longestKey),
    value: trimmedEnd(valueOf(tag.value).slice(0, longestValue), ' '),
  }));
  return cutToLimit(cleaned, deregister);
}

function tagList(template: Json | undefined): readonly EcsTag[] {
  if (isEmpty(template)) return [];
  if (isJsonObject(template)) {
    return Object.entries(template).map(([key, value]) => ({
      key,
      value: value === null ? '' : pyStr(value),
    }));
  }
  return objectsIn(template).map(tagOf);
}

function tagOf(item: JsonObject): EcsTag {
  const { key, value } = item;
  return { ...item, key: pyStr(key ?? ''), value: pyStr(value ?? '') };
}

function cutToLimit(tags: readonly EcsTag[], deregister: boolean): PreparedTags {
  const valid = tags.filter((tag) => tag.key !== '' && !tag.key.toLowerCase().startsWith('aws:'));
  const last = new Map(valid.map((tag) => [tag.key, tag]));
  const lastOfEach = valid.filter((tag) => last.get(tag.key) === tag);
  const room = mostTags - (deregister ? 1 : 0);
  const ours = lastOfEach.filter((tag) => tag.key.startsWith('prefect.io/'));
  const others = lastOfEach.filter((tag) => !tag.key.startsWith('prefect.io/'));
  const chosen = new Set([...ours, ...others].slice(0, room));
  const kept = lastOfEach.filter((tag) => chosen.has(tag));
  return {
    tags: deregister ? [...kept, deregistrationTag] : kept,
    dropped: tags.filter((tag) => !chosen.has(tag)).map((tag) => tag.key),
  };
}

/** Fast path for ids, versions and most names, which need no cleaning. */
const alreadyClean = /^[A-Za-z0-9_./=+:@]+(?:-[A-Za-z0-9_./=+:@]+)*$/;

/**
 * Makes a text valid as a tag's key or value, as python-slugify does with the worker's pattern,
 * except that letters and digits of any script stay (worker.md 7.4).
 */
export function cleanTagText(text: string): string {
  if (alreadyClean.test(text)) return text;
  return plainText(text)
    .replace(/[^\p{L}\p{N}_./=+:@-]/gu, '-')
    .replace(/-{2,}/g, '-')
    .replace(/^-|-$/g, '');
}

/**
 * Like `cleanTagText`, but keeps blanks between words and drops invalid characters next to them.
 */
export function cleanTagValue(text: string): string {
  if (alreadyClean.test(text)) return text;
  return plainText(text)
    .split(' ')
    .flatMap((word) => {
      const parts = word.split(/[^\p{L}\p{N}_./=+:@-]+/u).filter((part) => part !== '');
      return word !== '' && parts.length === 0 ? [] : parts.join('-').replace(/-{2,}/g, '-');
    })
    .join(' ')
    .trim()
    .replace(/^-|-$/g, '');
}

/** Normalizes apostrophes, HTML references and compatibility characters. */
function plainText(text: string): string {
  const normal = text.replace(/'+/g, '-').normalize('NFKC');
  return withEntities(normal)
    .normalize('NFKC')
    .replaceAll("'", '')
    .replace(/(?<=\d),(?=\d)/g, '');
}
