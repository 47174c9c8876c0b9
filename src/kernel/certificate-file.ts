import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { toError, ValueError } from './errors.ts';

/**
 * The text of a PEM file of certificates. Node takes a file without any in silence, and then trusts
 * nobody. `mend`: which setting names it.
 */
export function certificatesIn(path: string, mend: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw cannotBeRead(path, toError(error).message, mend, error);
  }
  try {
    void new X509Certificate(text);
  } catch (error) {
    throw cannotBeRead(path, 'it holds no certificate in PEM form', mend, error);
  }
  return text;
}

function cannotBeRead(path: string, why: string, mend: string, cause: unknown): ValueError {
  return new ValueError(`The certificate bundle '${path}' cannot be read (${why}). Mend ${mend}.`, {
    cause,
  });
}
