import type { Json } from '../../kernel/json.ts';
import { blockNamedBy, type BlockAnswer } from './references.ts';

const credentialsSlug = 'aws-credentials';

/**
 * Whether the value is a whole saved AwsCredentials block. A block of another type with the same
 * content does not count.
 */
export function isSavedCredentials(value: Json, blocks: readonly BlockAnswer[]): boolean {
  const named = blockNamedBy(value);
  if (named?.kind === 'name') return named.typeSlug === credentialsSlug;
  const read = blocks.find(
    ({ reference }) => reference.kind === 'id' && reference.id === named?.id,
  );
  return named !== undefined && read?.document?.typeSlug === credentialsSlug;
}
