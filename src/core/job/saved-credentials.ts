import type { Json } from '../../kernel/json.ts';
import { blockNamedBy, type BlockAnswer } from './references.ts';

const credentialsSlug = 'aws-credentials';

/**
 * An AwsCredentials block as it was saved: its whole data, and no block of another type that says
 * the same.
 */
export function isSavedCredentials(value: Json, blocks: readonly BlockAnswer[]): boolean {
  const named = blockNamedBy(value);
  if (named?.kind === 'name') return named.typeSlug === credentialsSlug;
  const read = blocks.find(
    ({ reference }) => reference.kind === 'id' && reference.id === named?.id,
  );
  return named !== undefined && read?.document?.typeSlug === credentialsSlug;
}
