import { isJsonObject, type Json } from '../../kernel/json.ts';
import { Secret } from '../../kernel/secret.ts';
import type { BlockDocument } from '../prefect/block-document.ts';
import type { AwsCredentials } from './aws-credentials.ts';

/** A secret text shorter than this hides nothing when it is taken out of longer ones, and makes them unreadable. */
const shortestPart = 4;

/**
 * The texts of a job that no log, error or page may show: what its blocks keep secret, and what its credentials do.
 * A block whose schema does not say which of its fields are secret is secret as a whole. Longest first.
 */
export function secretTextsOf(
  documents: readonly BlockDocument[],
  credentials: AwsCredentials,
): readonly Secret[] {
  const { secretAccessKey, sessionToken, clientParameters, assumeRoleParameters } = credentials;
  const texts = [
    ...documents.flatMap(secretsIn),
    ...[secretAccessKey, sessionToken].flatMap((secret) => (secret === undefined ? [] : [secret.reveal()])),
    ...passwordsIn([
      clientParameters.endpointUrl ?? null,
      clientParameters.config?.['proxies'] ?? null,
      clientParameters.config?.['proxies_config'] ?? null,
    ]),
    ...textsIn([assumeRoleParameters['TokenCode'] ?? null, assumeRoleParameters['ExternalId'] ?? null]),
  ];
  return longestFirst(texts.flatMap(withItsParts)).map((text) => new Secret(text));
}

/** `text` with every secret in it replaced. A short secret is replaced only where it is the whole text. */
export function withoutSecrets(text: string, secrets: readonly Secret[]): string {
  return secrets.reduce((shown, secret) => without(shown, secret.reveal()), text);
}

function without(text: string, secret: string): string {
  if (secret.length >= shortestPart) return text.replaceAll(secret, '***');
  return text === secret ? '***' : text;
}

function secretsIn({ data, secretFields }: BlockDocument): readonly string[] {
  if (secretFields === undefined) return textsIn(data);
  return secretFields.flatMap((path) => textsAt(data, path.split('.')));
}

/** `*` stands for any key, as in Prefect's own list of secret fields. */
function textsAt(value: Json, path: readonly string[]): readonly string[] {
  const [key, ...rest] = path;
  if (key === undefined) return textsIn(value);
  if (!isJsonObject(value)) return [];
  const inner = key === '*' ? Object.values(value) : [value[key] ?? null];
  return inner.flatMap((one) => textsAt(one, rest));
}

function textsIn(value: Json): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((item: Json) => textsIn(item));
  if (isJsonObject(value)) return Object.values(value).flatMap((inner) => textsIn(inner));
  return typeof value === 'string' || typeof value === 'number' ? [String(value)] : [];
}

/** Passwords of URLs: `http://user:password@proxy`. */
function passwordsIn(value: Json): readonly string[] {
  return textsIn(value).flatMap((text) => {
    const { username, password } = URL.canParse(text) ? new URL(text) : { username: '', password: '' };
    return [username === '' ? '' : decoded(password), password];
  });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a password with a lone `%`
  }
}

/** A command is split into words and a tag is cleaned of signs: the parts of a secret are secret, too. */
function withItsParts(secret: string): readonly string[] {
  const parts = secret.split(/[^\w./=:+@-]+/).filter((part) => part.length >= shortestPart);
  return [secret, ...parts];
}

function longestFirst(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)]
    .filter((text) => text !== '')
    .sort((one, other) => other.length - one.length || (one < other ? -1 : 1));
}
