import { isSecretName } from '../core/job/secret-names.ts';
import { secretsOfVariables } from '../core/job/secrets.ts';
import type { KnownSecret } from '../kernel/redaction/known-secret.ts';
import { Secret } from '../kernel/secret.ts';
import type { Settings } from '../settings/settings.ts';

/** Variables of the environment that hold a secret, whatever it looks like. */
const keptNames: ReadonlySet<string> = new Set(['AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']);

/**
 * What this process keeps of its own: keys for Prefect and AWS, headers, passwords in URLs,
 * variables that sound secret.
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
    authString.slice(authString.indexOf(':') + 1), // `user:password`; the user alone is none
    ...Object.entries(client.customHeaders).flatMap(
      ([name, value]) => (isSecretHeader(name) ? [value, value.replace(/^\w+ /, '')] : []), // `Bearer <token>`
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
