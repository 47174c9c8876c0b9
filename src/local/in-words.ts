import { z } from 'zod';
import { mismatchWords } from '../kernel/mismatch.ts';

/** Parses a part of user input. Throws an Error that names the part and the mismatch. */
export function inWords<T>(place: string, document: unknown, parse: (document: unknown) => T): T {
  try {
    return parse(document);
  } catch (error) {
    if (!(error instanceof z.ZodError)) throw error;
    throw new Error(`${place}: ${mismatchWords(document, error)}`, { cause: error });
  }
}
