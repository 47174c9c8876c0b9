/** A name with one of these anywhere is masked in logs (worker.md Q16). */
const secretWords = /KEY|TOKEN|SECRET|PASSWORD|AUTH/;

/** Only as separate words: `PAT` is in `PATH`, and `PASS` in `COMPASS`. */
const secretParts = /(?<![A-Z])(?:CRED(?:S|ENTIALS?)?|DSN|PASS(?:PHRASE|WD)?|PAT|PWD)(?![A-Z])/;

/** Secret settings whose names do not say so. Headers may contain credentials. */
const secretSettings: ReadonlySet<string> = new Set([
  'PREFECT_SERVER_DATABASE_CONNECTION_URL',
  'PREFECT_API_DATABASE_CONNECTION_URL',
  'PREFECT_CLIENT_CUSTOM_HEADERS',
]);

/** Variables of the shell with a folder's path, although their names sound secret. */
const folders: ReadonlySet<string> = new Set(['PWD', 'OLDPWD']);

/** Members of an AWS document with named values (variables, driver options) that may be secret. */
export const namedValues: ReadonlySet<string> = new Set(['environment', 'options', 'driverOpts']);

/** Whether a variable of this name is treated as a secret in logs. */
export function isSecretName(name: string): boolean {
  const upper = name.toUpperCase();
  if (folders.has(upper)) return false;
  return secretWords.test(upper) || secretSettings.has(upper) || secretParts.test(upper);
}
