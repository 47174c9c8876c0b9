import { z } from 'zod';
import type { JsonObject } from '../../kernel/json.ts';
import { JsonRecord } from './json.ts';

/**
 * Fields of answers that nothing depends on: what is odd counts as absent, so that a server of
 * another version, or a proxy that meddles, fails no launch by them. What a launch, or the
 * judgement of a claim, depends on stays strict.
 */
const spare = <T>(type: z.ZodType<T>) =>
  type
    .nullish()
    .catch(undefined)
    .transform((value) => value ?? undefined);

export const spareText = spare(z.string());
export const spareNumber = spare(z.number());
export const spareBoolean = spare(z.boolean());

/** A document; empty where it is odd. */
export const spareRecord = JsonRecord.nullish()
  .catch(undefined)
  .transform((record): JsonObject => record ?? {});

/** Texts of a list; whatever else is in it is left out. */
export const spareTexts = z
  .array(z.unknown())
  .nullish()
  .catch(undefined)
  .transform((list): readonly string[] => (list ?? []).filter((item) => typeof item === 'string'));
