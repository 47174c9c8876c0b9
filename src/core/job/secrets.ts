import { isJsonObject, WrittenNumber, type Json } from '../../kernel/json.ts';
import type { KnownSecret } from '../../kernel/redaction/known-secret.ts';
import { secretsInUrls } from '../../kernel/redaction/url-secrets.ts';
import { Secret } from '../../kernel/secret.ts';
import type { BlockDocument } from '../prefect/block-document.ts';
import type { AwsCredentials } from './aws-credentials.ts';
import { isSecretName, namedValues } from './secret-names.ts';

/** The secrets of blocks. If a block's schema does not list its secret fields, all are secret. */
export function secretsOfBlocks(documents: readonly BlockDocument[]): readonly KnownSecret[] {
  return known('block', documents.flatMap(secretsIn));
}

/** Keys, tokens, codes, and passwords of proxies and endpoints. */
export function secretsOfCredentials(credentials: AwsCredentials): readonly KnownSecret[] {
  const { secretAccessKey, sessionToken, clientParameters, assumeRoleParameters } = credentials;
  const places = [
    clientParameters.endpointUrl ?? null,
    clientParameters.config?.['proxies'] ?? null,
    clientParameters.config?.['proxies_config'] ?? null,
  ];
  return known('credential', [
    ...[secretAccessKey, sessionToken].flatMap((secret) =>
      secret === undefined ? [] : [secret.reveal()],
    ),
    ...textsIn(places).flatMap(secretsInUrls),
    ...textsIn([
      assumeRoleParameters['TokenCode'] ?? null,
      assumeRoleParameters['ExternalId'] ?? null,
    ]),
  ]);
}

/** Not secret despite KEY in its name: people need it to find out whose call was refused. */
const shownNames: ReadonlySet<string> = new Set(['AWS_ACCESS_KEY_ID']);

/** Values of variables whose name sounds secret, and passwords in the URLs of all variables. */
export function secretsOfVariables(
  variables: Readonly<Record<string, string>>,
): readonly KnownSecret[] {
  return Object.entries(variables).flatMap(([name, value]): readonly KnownSecret[] => {
    const named = isSecretName(name) && !shownNames.has(name) && value !== '';
    return [...known('named', named ? [value] : []), ...known('credential', secretsInUrls(value))];
  });
}

/** Plain-text values under names that sound secret, anywhere in a user's document. */
export function secretsOfDocument(document: Json): readonly KnownSecret[] {
  if (Array.isArray(document)) return document.flatMap((item: Json) => secretsOfDocument(item));
  if (!isJsonObject(document)) return [];
  return Object.entries(document).flatMap(([key, inner]) =>
    key === 'env' || namedValues.has(key)
      ? secretsOfVariables(variablesIn(inner))
      : secretsOfDocument(inner),
  );
}

function variablesIn(value: Json): Readonly<Record<string, string>> {
  const pairs = Array.isArray(value)
    ? value.flatMap((item: Json): [Json, Json][] =>
        isJsonObject(item) ? [[item['name'] ?? null, item['value'] ?? null]] : [],
      )
    : Object.entries(isJsonObject(value) ? value : {});
  return Object.fromEntries(
    pairs.flatMap(([name, text]): [string, string][] =>
      typeof name === 'string' && typeof text === 'string' ? [[name, text]] : [],
    ),
  );
}

function known(origin: KnownSecret['origin'], texts: readonly string[]): readonly KnownSecret[] {
  return [...new Set(texts)].map((text) => ({ secret: new Secret(text), origin }));
}

function secretsIn({ data, secretFields }: BlockDocument): readonly string[] {
  if (secretFields === undefined) return textsIn(data);
  return secretFields.flatMap((path) => textsAt(data, path.split('.')));
}

/** `*` matches any key, as in Prefect's own list of secret fields. */
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
  if (value instanceof WrittenNumber) return [value.text];
  return typeof value === 'string' || typeof value === 'number' ? [String(value)] : [];
}
