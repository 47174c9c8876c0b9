import { z } from 'zod';
import { clientException, invalidParameter } from '../wire/aws-error.ts';

export interface Tag {
  readonly key: string;
  readonly value: string;
}

export const TagInput = z.looseObject({ key: z.string().optional(), value: z.string().optional() });
export interface TagInput {
  readonly key?: string | undefined;
  readonly value?: string | undefined;
}

const mostTags = 50;
const longestKey = 128;
const longestValue = 256;
const validText = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;

/** Refuses the tags that ECS refuses, and returns the others in full (aws-ecs.md B.3.1). */
export function readTags(tags: readonly TagInput[]): readonly Tag[] {
  if (tags.length > mostTags) throw invalidParameter(`The maximum number of tags is ${mostTags}.`);
  for (const { key = '', value = '' } of tags) {
    if (key === '') throw clientException('Tags can not be empty.');
    if (Array.from(key).length > longestKey || Array.from(value).length > longestValue)
      throw invalidParameter(`The tag '${key}' is too long.`);
    if (/^aws:/i.test(key)) throw invalidParameter('Tag keys may not begin with aws:.');
    if (!validText.test(key) || !validText.test(value)) {
      throw invalidParameter(`The tag '${key}' holds characters that are not allowed.`);
    }
  }
  if (new Set(tags.map((tag) => tag.key)).size < tags.length)
    throw invalidParameter('Duplicate tag keys are not allowed.');
  return tags.map(({ key = '', value = '' }) => ({ key, value }));
}

/** TagResource: new tags replace those with their keys. */
export function withTags(old: readonly Tag[], added: readonly Tag[]): readonly Tag[] {
  const keys = new Set(added.map((tag) => tag.key));
  return readTags([...old.filter((tag) => !keys.has(tag.key)), ...added]);
}
