import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { toError, ValueError } from './errors.ts';

/**
 * The text of a PEM file with certificates. Checked, because Node silently accepts a file without
 * certificates and then trusts no server. `setting`: the setting that names the file.
 */
export function certificatesIn(path: string, setting: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw cannotBeRead(path, toError(error).message, setting, error);
  }
  try {
    void new X509Certificate(text);
  } catch (error) {
    throw cannotBeRead(path, 'it contains no certificate in PEM format', setting, error);
  }
  return text;
}

function cannotBeRead(path: string, why: string, setting: string, cause: unknown): ValueError {
  return new ValueError(`Cannot read the certificate bundle '${path}' (${why}). Fix ${setting}.`, {
    cause,
  });
}
