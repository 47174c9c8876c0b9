import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../kernel/json.ts';
import type { KnownSecret } from '../../kernel/redaction/known-secret.ts';
import type { BlockDocument } from '../prefect/block-document.ts';
import { parseAwsCredentials } from './credentials.ts';
import { isSecretName } from './secret-names.ts';
import {
  secretsOfBlocks,
  secretsOfCredentials,
  secretsOfDocument,
  secretsOfVariables,
} from './secrets.ts';

const block = (data: JsonObject, secretFields?: readonly string[]): BlockDocument => ({
  id: 'b',
  name: 'b',
  typeSlug: 't',
  data,
  secretFields,
});
const told = (secrets: readonly KnownSecret[]): readonly string[] =>
  secrets.map(({ secret, origin }) => `${origin} ${secret.reveal()}`);

describe('The secrets of a block', () => {
  it.each<[string, JsonObject, readonly string[] | undefined, readonly string[]]>([
    ['the value of a Secret block', { value: 'hunter22' }, ['value'], ['hunter22']],
    ['all of one whose schema tells nothing', { a: { b: ['one', 12] } }, undefined, ['one', '12']],
    [
      'only its secret fields where it tells',
      { user: 'me', password: 'hunter22' },
      ['password'],
      ['hunter22'],
    ],
    ['a nested field', { login: { password: 'x', user: 'me' } }, ['login.password'], ['x']],
    ['any key', { a: { token: '1st' }, b: { token: '2nd' } }, ['*.token'], ['1st', '2nd']],
    ['nothing of a field that is not there', { value: 'x' }, ['gone.deeper'], []],
    ['no switches', { flag: true, none: null }, undefined, []],
  ])('are %s', (_what, data, secretFields, expected) => {
    expect(told(secretsOfBlocks([block(data, secretFields)]))).toEqual(
      expected.map((text) => `block ${text}`),
    );
  });

  it('never appear in text or JSON', () => {
    const secrets = secretsOfBlocks([block({ value: 'hunter22' })]);

    expect(inspect(secrets) + JSON.stringify(secrets)).not.toContain('hunter22');
  });
});

it('The secrets of AWS credentials are keys, tokens, codes, and passwords of proxies and endpoints', () => {
  const credentials = parseAwsCredentials({
    aws_access_key_id: 'AKIDEXAMPLE',
    aws_secret_access_key: 'the-secret-key',
    aws_session_token: 'the-session-token',
    aws_client_parameters: {
      endpoint_url: 'http://me:first%20pass@127.0.0.1:1',
      config: {
        proxies: { http: 'http://me:second-pass@proxy', https: 'not a url', ftp: 'http://u:50%@p' },
      },
    },
    assume_role_kwargs: { TokenCode: '123456', ExternalId: 'the-external-id' },
  });

  expect(told(secretsOfCredentials(credentials))).toEqual(
    [
      'the-secret-key',
      'the-session-token',
      'first%20pass',
      'first pass',
      'second-pass',
      '50%',
      '123456',
      'the-external-id',
    ].map((text) => `credential ${text}`),
  );
  expect(secretsOfCredentials(parseAwsCredentials({}))).toEqual([]);
});

describe('The secrets of variables', () => {
  it('are values of names that sound secret, and passwords in the URLs of all variables', () => {
    const variables = {
      DB_PASSWORD: 'one',
      EMPTY_SECRET: '',
      AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
      HOME: '/root',
      DATABASE_URL: 'postgres://me:two@db and postgres://me@db and postgres://me:@db',
    };

    expect(told(secretsOfVariables(variables))).toEqual(['named one', 'credential two']);
  });

  it('are found in a document wherever names are next to values', () => {
    const document = {
      env: { API_TOKEN: 'one', PLAIN: 'x' },
      containerDefinitions: [
        {
          environment: [
            { name: 'DB_PASS', value: 'two' },
            { name: 'N', value: 5 },
            'odd',
            { value: 'x' },
          ],
          logConfiguration: { options: { 'splunk-token': 'three' } },
        },
      ],
      tags: [{ key: 'a', value: 'b' }],
      environment: 'odd',
      password: 'not a variable',
    };

    expect(told(secretsOfDocument(document))).toEqual(['named one', 'named two', 'named three']);
  });
});

it.each([
  'MY_DSN',
  'db-pass',
  'DB_PWD',
  'GITHUB_PAT',
  'AWS_CREDS',
  'PGPASSWD_PASSWD',
  'x_credential',
])('a name sounds secret by a part of its own: %s', (name) => {
  expect(isSecretName(name)).toBe(true);
});

it.each(['PATH', 'COMPASS', 'PWD', 'OLDPWD', 'PATTERN', 'CREDO', 'HOME'])(
  'and %s does not',
  (name) => {
    expect(isSecretName(name)).toBe(false);
  },
);
