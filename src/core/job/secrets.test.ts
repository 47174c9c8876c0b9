import fc from 'fast-check';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Json, JsonObject } from '../../kernel/json.ts';
import type { BlockDocument } from '../prefect/block-document.ts';
import { parseAwsCredentials } from './credentials.ts';
import { secretTextsOf, withoutSecrets } from './secrets.ts';

const block = (data: JsonObject, secretFields?: readonly string[]): BlockDocument => ({
  id: 'b',
  name: 'b',
  typeSlug: 't',
  data,
  secretFields,
});
const shown = (text: string, documents: readonly BlockDocument[], credentials: Json = {}): string =>
  withoutSecrets(text, secretTextsOf(documents, parseAwsCredentials(credentials)));

describe('the secrets of a job', () => {
  it.each<[string, JsonObject, readonly string[] | undefined, string, string]>([
    ['the value of a Secret block', { value: 'hunter22' }, ['value'], 'x hunter22 y', 'x *** y'],
    [
      'all of a block whose schema tells nothing',
      { a: { b: ['deep-one', 123456] } },
      undefined,
      'deep-one 123456',
      '*** ***',
    ],
    [
      'only the secret fields of one that tells',
      { user: 'somebody', password: 'hunter22' },
      ['password'],
      'somebody:hunter22',
      'somebody:***',
    ],
    [
      'a nested field',
      { login: { password: 'hunter22', user: 'somebody' } },
      ['login.password'],
      'somebody hunter22',
      'somebody ***',
    ],
    [
      'any key',
      { a: { token: 'first-token' }, b: { token: 'other-token' } },
      ['*.token'],
      'first-token other-token',
      '*** ***',
    ],
    ['a field that is not there', { value: 'hunter22' }, ['gone.deeper'], 'hunter22', 'hunter22'],
    [
      'each word of a secret that a command splits',
      { value: "correct 'horse' battery" },
      undefined,
      '["correct","horse","battery"]',
      '["***","***","***"]',
    ],
    [
      'the longer of two secrets that overlap',
      { a: 'abcd', b: 'abcdef' },
      undefined,
      'abcdef abcd',
      '*** ***',
    ],
    ['a short secret only where it stands alone', { value: 'x1' }, undefined, 'x1 in x1', 'x1 in x1'],
    ['nothing for an empty one', { value: '', flag: true, none: null }, undefined, 'true null', 'true null'],
  ])('hide %s', (_what, data, secretFields, text, expected) => {
    expect(shown(text, [block(data, secretFields)])).toBe(expected);
  });

  it('hide a short secret that is the whole text', () => {
    expect(shown('x1', [block({ value: 'x1' })])).toBe('***');
  });

  it('hide what AWS credentials keep: keys, tokens, codes, and passwords of proxies and endpoints', () => {
    const credentials = {
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
    };

    const text =
      'AKIDEXAMPLE the-secret-key the-session-token first pass first%20pass second-pass 123456 the-external-id';

    expect(shown(text, [], credentials)).toBe('AKIDEXAMPLE *** *** *** *** *** *** ***');
  });

  it('never show themselves', () => {
    const secrets = secretTextsOf([block({ value: 'hunter22' })], parseAwsCredentials({}));

    expect(inspect(secrets) + JSON.stringify(secrets)).not.toContain('hunter22');
  });

  it('are gone from every text that a block was put into', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 4 }), fc.string(), fc.string(), (secret, before, after) => {
        fc.pre(!'***'.includes(secret.trim()) && !before.includes(secret) && !after.includes(secret));
        expect(shown(`${before}\u0001${secret}\u0001${after}`, [block({ value: secret })])).not.toContain(
          `\u0001${secret}\u0001`,
        );
      }),
    );
  });
});
