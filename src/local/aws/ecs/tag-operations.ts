import { z } from 'zod';
import type { Account } from '../account.ts';
import { invalidParameter } from '../wire/aws-error.ts';
import { readTags, TagInput, withTags, type Tag } from './tags.ts';

export const TagResourceInput = z.looseObject({ resourceArn: z.string(), tags: z.array(TagInput) });
export const UntagResourceInput = z.looseObject({
  resourceArn: z.string(),
  tagKeys: z.array(z.string()),
});
export const ListTagsInput = z.looseObject({ resourceArn: z.string() });

/** Tasks, task definitions and clusters have changeable tags. */
function tagged(account: Account, arn: string): { tags: readonly Tag[] } {
  const kind = /^arn:aws:ecs:[^:]*:[^:]*:([a-z-]+)\//.exec(arn)?.[1];
  const found =
    kind === 'task'
      ? account.tasks.find(arn)
      : kind === 'task-definition'
        ? account.taskDefinitions.find(arn)
        : kind === 'cluster'
          ? account.clusters.find(arn)
          : undefined;
  if (found === undefined) {
    throw invalidParameter(
      'The specified resource was not found. Specify a valid resource ARN and try again.',
    );
  }
  return found;
}

export function tagResource(
  { resourceArn, tags }: z.infer<typeof TagResourceInput>,
  account: Account,
): Record<string, unknown> {
  const resource = tagged(account, resourceArn);
  resource.tags = withTags(resource.tags, readTags(tags));
  return {};
}

export function untagResource(
  { resourceArn, tagKeys }: z.infer<typeof UntagResourceInput>,
  account: Account,
): Record<string, unknown> {
  const resource = tagged(account, resourceArn);
  resource.tags = resource.tags.filter((tag) => !tagKeys.includes(tag.key));
  return {};
}

export function listTags(
  { resourceArn }: z.infer<typeof ListTagsInput>,
  account: Account,
): Record<string, unknown> {
  return { tags: tagged(account, resourceArn).tags };
}
