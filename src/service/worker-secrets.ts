import { isSecretName } from '../core/job/secret-names.ts';
import { secretsOfVariables } from '../core/job/secrets.ts';
import type { KnownSecret } from '../kernel/redaction/known-secret.ts';
import { Secret } from '../kernel/secret.ts';
import type { Settings } from '../settings/settings.ts';

/** Environment variables that hold a secret, whatever the value looks like. */
const keptNames: ReadonlySet<string> = new Set(['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']);

/**
 * The process's own secrets: keys for Prefect and AWS, headers, passwords in URLs, and variables
 * whose names suggest a secret.
 */
export function workerSecretsOf({
  api,
  client,
  environment,
  passedOn,
}: Pick<Settings, 'api' | 'client' | 'environment' | 'passedOn'>): readonly KnownSecret[] {
  const authString = api.authString?.reveal() ?? '';
  const kept = [
    api.key?.reveal() ?? '',
    authString,
    authString.slice(authString.indexOf(':') + 1), // `user:password`; the user alone is not secret
    ...Object.entries(client.customHeaders).flatMap(
      // `Bearer <token>`
      ([name, value]) => (isSecretHeader(name) ? [value, value.replace(/^\w+ /, '')] : []),
    ),
    ...[...keptNames].map((name) => environment[name] ?? ''),
  ];
  return [
    ...[...new Set(kept)].map((text): KnownSecret => ({
      secret: new Secret(text),
      origin: 'credential',
    })),
    ...Object.values(client.customHeaders).map((text): KnownSecret => ({
      secret: new Secret(text),
      origin: 'named',
    })),
    ...secretsOfVariables(environment),
    ...secretsOfVariables(passedOn),
  ];
}

function isSecretHeader(name: string): boolean {
  return isSecretName(name) || /^(?:proxy-)?authorization$|cookie/i.test(name);
}
