import { z } from 'zod';
import { mismatchWords } from '../kernel/mismatch.ts';

/**
 * Parses a part of what a person wrote. Throws an Error whose message names the part and what does
 * not fit.
 */
export function inWords<T>(place: string, document: unknown, parse: (document: unknown) => T): T {
  try {
    return parse(document);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    throw new Error(`${place}: ${mismatchWords(document, error)}`, { cause: error });
  }
}
