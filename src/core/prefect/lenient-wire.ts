import { z } from 'zod';
import type { JsonObject } from '../../kernel/json.ts';
import { JsonRecord } from './json.ts';

/**
 * For fields of answers that nothing depends on: a malformed value counts as absent. Without this,
 * another server version or a proxy that alters answers could fail launches. Fields that a launch
 * or the judgement of a claim depends on stay strict.
 */
const spare = <T>(type: z.ZodType<T>) =>
  type
    .nullish()
    .catch(undefined)
    .transform((value) => value ?? undefined);

export const spareText = spare(z.string());
export const spareNumber = spare(z.number());
export const spareBoolean = spare(z.boolean());

/** A document. Empty if malformed. */
export const spareRecord = JsonRecord.nullish()
  .catch(undefined)
  .transform((record): JsonObject => record ?? {});

/** The texts in a list. Other items are dropped. */
export const spareTexts = z
  .array(z.unknown())
  .nullish()
  .catch(undefined)
  .transform((list): readonly string[] => (list ?? []).filter((item) => typeof item === 'string'));
