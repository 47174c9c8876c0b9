import { z } from 'zod';
import type { JsonObject } from '../../kernel/json.ts';
import { JsonRecordOrEmpty } from './json.ts';
import { spareText } from './lenient-wire.ts';

/** A block document with its secrets. Its `data` must never be logged. */
export interface BlockDocument {
  readonly id: string;
  readonly name: string | undefined;
  readonly typeSlug: string | undefined;
  readonly data: JsonObject;
  /**
   * Paths of its secrets (`value`, `credentials.password`, `*` for any key), if its schema has
   * them.
   */
  readonly secretFields: readonly string[] | undefined;
}

export const BlockDocument = z
  .object({
    id: z.string(),
    name: spareText,
    block_type: z.looseObject({ slug: z.string() }).nullish().catch(undefined),
    block_schema: z
      .looseObject({
        fields: z.looseObject({ secret_fields: z.array(z.string()).nullish() }).nullish(),
      })
      .nullish()
      .catch(undefined), // then all of its texts are secret
    data: JsonRecordOrEmpty,
  })
  .transform((wire): BlockDocument => ({
    id: wire.id,
    name: wire.name,
    typeSlug: wire.block_type?.slug ?? undefined,
    data: wire.data,
    secretFields: wire.block_schema?.fields?.secret_fields ?? undefined,
  }));
