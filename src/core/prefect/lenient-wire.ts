import { z } from 'zod';

/**
 * Fields of answers that nothing depends on: what is odd counts as absent, so that a server of another version, or a proxy
 * that meddles, fails no launch by them. What a launch, or the judgement of a claim, depends on stays strict.
 */
export const spareText = z
  .string()
  .nullish()
  .catch(undefined)
  .transform((value) => value ?? undefined);

export const spareNumber = z
  .number()
  .nullish()
  .catch(undefined)
  .transform((value) => value ?? undefined);

export const spareBoolean = z
  .boolean()
  .nullish()
  .catch(undefined)
  .transform((value) => value ?? undefined);

/** Texts of a list; whatever else is in it is left out. */
export const spareTexts = z
  .array(z.unknown())
  .nullish()
  .catch(undefined)
  .transform((list): readonly string[] => (list ?? []).filter((item) => typeof item === 'string'));
