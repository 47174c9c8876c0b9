/** A name with one of these anywhere is masked in logs (worker.md Q16). */
const secretWords = /KEY|TOKEN|SECRET|PASSWORD|AUTH/;

/** Only as a part of their own: `PAT` is in `PATH`, and `PASS` in `COMPASS`. */
const secretParts = /(?<![A-Z])(?:CRED(?:S|ENTIALS?)?|DSN|PASS(?:PHRASE|WD)?|PAT|PWD)(?![A-Z])/;

/**
 * Secrets by Prefect's own settings model, and headers, which may carry one; their names do not say
 * so.
 */
const secretSettings: ReadonlySet<string> = new Set([
  'PREFECT_SERVER_DATABASE_CONNECTION_URL',
  'PREFECT_API_DATABASE_CONNECTION_URL',
  'PREFECT_CLIENT_CUSTOM_HEADERS',
]);

/** The shell's own, which say where it is. */
const folders: ReadonlySet<string> = new Set(['PWD', 'OLDPWD']);

/**
 * Maps of names to values in a document of AWS, in which a name may tell a secret: variables, and
 * options of drivers.
 */
export const namedValues: ReadonlySet<string> = new Set(['environment', 'options', 'driverOpts']);

/** Whether a variable of this name is treated as a secret in logs. */
export function isSecretName(name: string): boolean {
  const upper = name.toUpperCase();
  if (folders.has(upper)) return false;
  return secretWords.test(upper) || secretSettings.has(upper) || secretParts.test(upper);
}
