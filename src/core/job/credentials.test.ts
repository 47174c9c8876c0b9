import { describe, expect, it } from 'vitest';
import type { Json } from '../../kernel/json.ts';
import { parseAwsCredentials } from './credentials.ts';

describe('AWS credentials', () => {
  it.each<[Json | undefined]>([[undefined], [null], [{}]])(
    'of %j are the default chain',
    (value) => {
      expect(parseAwsCredentials(value)).toEqual({
        accessKeyId: undefined,
        secretAccessKey: undefined,
        sessionToken: undefined,
        profileName: undefined,
        regionName: undefined,
        clientParameters: {
          apiVersion: undefined,
          useSsl: true,
          verify: undefined,
          verifyCertPath: undefined,
          endpointUrl: undefined,
          config: undefined,
        },
        assumeRoleArn: undefined,
        assumeRoleParameters: {},
      });
    },
  );

  it('have keys, region, role and client parameters; unknown keys are ignored', () => {
    const credentials = parseAwsCredentials({
      block_type_slug: 'aws-credentials',
      aws_access_key_id: 'AK',
      aws_secret_access_key: 'SK',
      aws_session_token: 'ST',
      profile_name: '',
      region_name: 'eu-west-1',
      assume_role_arn: 'arn:role',
      aws_client_parameters: {
        use_ssl: 'no',
        verify: '/ca.pem',
        verify_cert_path: null,
        endpoint_url: 'http://localhost',
        config: { connect_timeout: 1 },
      },
    });

    expect(credentials).toMatchObject({
      accessKeyId: 'AK',
      profileName: undefined,
      regionName: 'eu-west-1',
      assumeRoleArn: 'arn:role',
      clientParameters: {
        useSsl: false,
        verify: '/ca.pem',
        verifyCertPath: undefined,
        endpointUrl: 'http://localhost',
        config: { connect_timeout: 1 },
      },
    });
    expect(credentials.secretAccessKey?.reveal()).toBe('SK');
    expect(credentials.sessionToken?.reveal()).toBe('ST');
  });

  it('keep non-null AssumeRole parameters, including empty lists', () => {
    const { assumeRoleParameters } = parseAwsCredentials({
      assume_role_kwargs: {
        RoleSessionName: null,
        DurationSeconds: 900,
        Tags: [],
        ExternalId: 'x',
      },
    });

    expect(assumeRoleParameters).toEqual({ DurationSeconds: 900, Tags: [], ExternalId: 'x' });
  });

  it.each<[Json, string, string | undefined]>([
    [
      { aws_client_parameters: { endpointUrl: 'canary' } },
      'aws_client_parameters: "endpointUrl"',
      'endpoint_url',
    ],
    [{ aws_client_parameters: { zone: 'canary' } }, 'aws_client_parameters: "zone"', undefined],
    [
      { aws_client_parameters: { config: { conect_timeout: 1 } } },
      'aws_client_parameters.config: "conect_timeout"',
      'connect_timeout',
    ],
    [
      { aws_client_parameters: { config: { retries: { max_attempt: 1 } } } },
      'aws_client_parameters.config.retries: "max_attempt"',
      'max_attempts',
    ],
    [
      { assume_role_kwargs: { ExternalID: 'canary' } },
      'assume_role_kwargs: "ExternalID"',
      'ExternalId',
    ],
    [{ assume_role_kwargs: { Tags: [{ key: 'a' }] } }, 'assume_role_kwargs.Tags[0]: "key"', 'Key'],
  ])(
    'whose client or role parameters are called otherwise are refused by name: %j',
    (value, place, meant) => {
      const parse = (): unknown => parseAwsCredentials(value);

      expect(parse).toThrow(`Unknown parameter in ${place}, must be one of: `);
      if (meant !== undefined) expect(parse).toThrow(`Did you mean "${meant}"?`);
      expect(parse).not.toThrow('PREFECT_ECS_ALLOW_UNKNOWN');
      expect(parse).not.toThrow('canary');
      expect(parse).toThrow(expect.objectContaining({ name: 'ParamValidationError' }));
    },
  );

  it.each<[Json, string]>([
    [{ aws_secret_access_key: ['canary'] }, 'aws_credentials.aws_secret_access_key'],
    [{ region_name: { canary: 1 } }, 'aws_credentials.region_name'],
    [
      { aws_client_parameters: { use_ssl: 'canary' } },
      'aws_credentials.aws_client_parameters.use_ssl',
    ],
    [{ assume_role_kwargs: 'canary' }, 'aws_credentials.assume_role_kwargs'],
    ['canary', 'aws_credentials'],
  ])('of a wrong type are refused with the field, never the value: %j', (value, field) => {
    const parse = (): unknown => parseAwsCredentials(value);

    expect(parse).toThrow(`Invalid AWS credentials. ${field}: found `);
    expect(parse).not.toThrow('canary');
    expect(parse).toThrow(expect.objectContaining({ name: 'ValidationError' }));
  });
});
