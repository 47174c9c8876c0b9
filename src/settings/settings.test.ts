import { noRails } from '../core/guard/guard-rails.test-support.ts';
import { describe, expect, it } from 'vitest';
import { loadSettings, type Settings } from './settings.ts';

interface Given {
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** By path; those of the working directory by name. */
  readonly files?: Readonly<Record<string, string>>;
}

const emptyProfile = { '/users/me/.prefect/profiles.toml': 'active = "e"\n[profiles.e]\n' };

function settingsOf({ environment = {}, files = emptyProfile }: Given): Settings {
  return loadSettings({
    environment,
    workingDirectory: '/project',
    homeDirectory: '/users/me',
    readTextFile: (path) => files[path.replace('/project/', '')] ?? files[path],
  });
}

describe('An unknown PREFECT_ECS_ name', () => {
  it.each([
    ['PREFECT_ECS_CAPACITY_TIMEOUT', ' Did you mean PREFECT_ECS_CAPACITY_TIMEOUT_SECONDS?'],
    ['PREFECT_ECS_ALLOWED_IMAGE', ' Did you mean PREFECT_ECS_ALLOWED_IMAGES?'],
    ['PREFECT_ECS_FORBID_ENV', ' Did you mean PREFECT_ECS_FORBIDDEN_ENV?'],
    ['PREFECT_ECS_X', ''],
  ])('causes a warning with the closest setting: %s', (name, question) => {
    const { warnings } = settingsOf({ environment: { [name]: 'secret' } });

    expect(warnings).toEqual([
      `${name} (from environment) is not a setting and is ignored.${question}`,
    ]);
  });

  it.each<[string, Given, string]>([
    ['.env', { files: { ...emptyProfile, '.env': 'PREFECT_ECS_ALLOWED_IMAGE=x' } }, '.env'],
    [
      'prefect.toml',
      { files: { ...emptyProfile, 'prefect.toml': '[ecs]\nallowed_image = "x"' } },
      'prefect.toml',
    ],
  ])('is reported with its source: %s', (_what, given, place) => {
    expect(settingsOf(given).warnings).toEqual([
      `PREFECT_ECS_ALLOWED_IMAGE (from ${place}) is not a setting and is ignored. Did you mean PREFECT_ECS_ALLOWED_IMAGES?`,
    ]);
  });

  it('is reported once; real settings and other names are not', () => {
    const environment = {
      PREFECT_ECS_ALLOWED_IMAGES: 'x*',
      PREFECT_ECS_CAPACITY_LADDER: 'FARGATE',
      PREFECT_ECS_AWS_RATE_SHARE: '0.5',
      PREFECT_ECS_LOG_FORMAT: 'json',
      PREFECT_ECSTASY: 'x',
      PREFECT_SOMETHING: 'x',
      ECS_THING: 'x',
    };

    expect(settingsOf({ environment }).warnings).toEqual([]);
    const twice = { '.env': 'PREFECT_ECS_X=1', 'prefect.toml': '[ecs]\nx = "2"' };
    expect(settingsOf({ files: { ...emptyProfile, ...twice } }).warnings).toHaveLength(1);
  });
});

const cloud = 'https://api.prefect.cloud/api/accounts/a/workspaces/b';

describe('Without any setting', () => {
  it('everything has its default, and nothing is passed on', () => {
    const settings = settingsOf({});

    expect(settings).toEqual({
      api: {
        url: undefined,
        key: undefined,
        authString: undefined,
        sentAs: 'no key was sent, because PREFECT_API_KEY is not set',
        requestTimeoutSeconds: 60,
        tlsInsecureSkipVerify: false,
        sslCertFile: undefined,
      },
      client: {
        maxRetries: 5,
        retryJitterFactor: 0.2,
        retryExtraCodes: [],
        csrfSupportEnabled: true,
        customHeaders: {},
      },
      cloudApiUrl: 'https://api.prefect.cloud/api',
      worker: {
        heartbeatSeconds: 30,
        querySeconds: 10,
        prefetchSeconds: 10,
        cancellationPollSeconds: 120,
        enableCancellation: true,
        debugMode: false,
      },
      logging: {
        level: 'info',
        toApiEnabled: true,
        toApiBatchIntervalSeconds: 2,
        toApiBatchSize: 4_000_000,
        toApiMaxLogSize: 1_000_000,
      },
      ecs: {
        defaultImage: undefined,
        tagBlanks: 'keep',
        unfoundTaskTimeoutSeconds: 1_800,
        streamOutputPrefix: true,
        streamOutputToRunLogs: false,
        capacityTimeoutSeconds: 1_800,
        capacityWaitShare: 0.5,
        capacityLadder: { rungs: [], failuresPerRung: 3 },
        relaunchFailedStarts: false,
        allowsUnknownAwsFields: false,
        guardRails: noRails,
        registerAttempts: 3,
        registerInitialDelaySeconds: 1,
        registerMaxDelaySeconds: 10,
        createTaskRunAttempts: 3,
        createTaskRunMinDelaySeconds: 1,
        createTaskRunMinDelayJitterSeconds: 0,
        cancelGraceSeconds: 60,
        createTaskRunMaxDelayJitterSeconds: 3,
      },
      observer: {
        enabled: true,
        queueName: 'prefect-ecs-tasks-events',
        queueRegion: undefined,
        forwardCrashedRunLogs: true,
        forwardCrashedRunLogsMaxEvents: 500,
      },
      aws: {
        region: undefined,
        profile: undefined,
        endpointUrl: undefined,
        endpointUrls: {},
        caBundle: undefined,
        rateShare: 1,
      },
      proxies: { configured: false },
      passedOn: {},
      environment: {},
      warnings: [],
    });
    expect(Object.isFrozen(settings)).toBe(true);
  });
});

describe('Settings are read', () => {
  it.each([
    [{ PREFECT_API_KEY: 'k' }, 'PREFECT_API_KEY from the environment was sent'],
    [
      { PREFECT_API_KEY: 'k', PREFECT_API_AUTH_STRING: 'u:p' },
      'PREFECT_API_AUTH_STRING from the environment was sent',
    ],
    [
      { PREFECT_API_AUTH_STRING: 'u:p', PREFECT_CLIENT_CUSTOM_HEADERS: '{"authorization": "x"}' },
      'PREFECT_CLIENT_CUSTOM_HEADERS from the environment was sent',
    ],
    [{ PREFECT_API_KEY: '' }, 'no key was sent, because PREFECT_API_KEY is not set'],
  ])('%j: the credentials that are sent are named without their value', (environment, words) => {
    expect(settingsOf({ environment }).api.sentAs).toBe(words);
  });

  it('by name and type', () => {
    const settings = settingsOf({
      environment: {
        PREFECT_API_URL: 'http://127.0.0.1:4200/api/',
        PREFECT_API_KEY: 'key',
        PREFECT_API_AUTH_STRING: 'user:password',
        PREFECT_API_REQUEST_TIMEOUT: '1.5',
        PREFECT_API_TLS_INSECURE_SKIP_VERIFY: 'on',
        SSL_CERT_FILE: '/ca.pem',
        PREFECT_CLIENT_MAX_RETRIES: '0',
        PREFECT_CLIENT_RETRY_EXTRA_CODES: '404, 500',
        PREFECT_CLIENT_CUSTOM_HEADERS: '{"X-A": "b", "X-N": 1}',
        PREFECT_WORKER_QUERY_SECONDS: '2',
        PREFECT_WORKER_DEBUG_MODE: 'true',
        PREFECT_LOGGING_LEVEL: 'critical',
        PREFECT_INTEGRATIONS_AWS_ECS_WORKER_DEFAULT_IMAGE: 'mine:1',
        PREFECT_INTEGRATIONS_AWS_ECS_WORKER_REGISTER_TASK_DEFINITION_MAX_DELAY_SECONDS: '0',
      },
    });

    expect(settings.api.url).toBe('http://127.0.0.1:4200/api');
    expect(settings.api.key?.reveal()).toBe('key');
    expect(settings.api.authString?.reveal()).toBe('user:password');
    expect(settings.api).toMatchObject({
      requestTimeoutSeconds: 1.5,
      tlsInsecureSkipVerify: true,
      sslCertFile: '/ca.pem',
    });
    expect(settings.client).toMatchObject({
      maxRetries: 0,
      retryExtraCodes: [404, 500],
      customHeaders: { 'X-A': 'b', 'X-N': '1' },
    });
    expect(settings.worker).toMatchObject({ querySeconds: 2, debugMode: true });
    expect(settings.logging.level).toBe('error');
    expect(settings.ecs).toMatchObject({ defaultImage: 'mine:1', registerMaxDelaySeconds: 0 });
  });

  it("AWS's own from the environment only, where an empty text counts as not set", () => {
    const { aws } = settingsOf({
      environment: {
        AWS_REGION: '',
        AWS_DEFAULT_REGION: 'eu-west-1',
        AWS_PROFILE: 'p',
        AWS_ENDPOINT_URL: 'http://all',
        AWS_ENDPOINT_URL_ECS: 'http://ecs',
        AWS_ENDPOINT_URL_EC2: '',
        AWS_CA_BUNDLE: '/aws.pem',
      },
    });

    expect(aws).toEqual({
      region: 'eu-west-1',
      profile: 'p',
      endpointUrl: 'http://all',
      endpointUrls: { ECS: 'http://ecs' },
      caBundle: '/aws.pem',
      rateShare: 1,
    });
    expect(
      settingsOf({ environment: { AWS_REGION: 'a', AWS_DEFAULT_REGION: 'b' } }).aws.region,
    ).toBe('a');
  });

  it.each(['HTTPS_PROXY', 'http_proxy', 'ALL_PROXY'])('A proxy is detected in %s', (name) => {
    expect(settingsOf({ environment: { [name]: 'http://proxy:1' } }).proxies.configured).toBe(true);
  });

  it('with every level at debug in debug mode', () => {
    const settings = settingsOf({
      environment: { PREFECT_DEBUG_MODE: '1', PREFECT_LOGGING_LEVEL: 'error' },
    });

    expect(settings.logging.level).toBe('debug');
    expect(settings.worker.debugMode).toBe(true);
  });

  it('and the environment is kept for templates, without undefined variables', () => {
    expect(settingsOf({ environment: { A: '1', B: '', C: undefined } }).environment).toEqual({
      A: '1',
      B: '',
    });
  });

  it('with log entries no larger than Prefect Cloud accepts', () => {
    expect(settingsOf({ environment: { PREFECT_API_URL: cloud } }).logging.toApiMaxLogSize).toBe(
      25_000,
    );
    expect(
      settingsOf({ environment: { PREFECT_API_URL: cloud, PREFECT_CLOUD_MAX_LOG_SIZE: '7' } })
        .logging.toApiMaxLogSize,
    ).toBe(7);
  });
});

describe('A setting in several sources', () => {
  const everywhere = {
    '.env': 'PREFECT_API_KEY=dotenv\n',
    'prefect.toml': '[api]\nkey = "prefect.toml"\n',
    'pyproject.toml': '[tool.prefect.api]\nkey = "pyproject"\n',
    '/users/me/.prefect/profiles.toml': 'active = "p"\n[profiles.p]\nPREFECT_API_KEY = "profile"\n',
  };

  it('is taken from the first of environment, .env, prefect.toml, pyproject.toml, profile', () => {
    const order: (string | undefined)[] = [];
    const files: Record<string, string> = { ...everywhere };
    order.push(
      settingsOf({ environment: { PREFECT_API_KEY: 'env' }, files }).passedOn['PREFECT_API_KEY'],
    );
    for (const name of Object.keys(everywhere)) {
      order.push(settingsOf({ files }).passedOn['PREFECT_API_KEY']);
      delete files[name];
    }
    order.push(settingsOf({ files }).passedOn['PREFECT_API_KEY']);

    expect(order).toEqual(['env', 'dotenv', 'prefect.toml', 'pyproject', 'profile', undefined]);
  });

  it('hides lower sources even if it is empty', () => {
    const settings = settingsOf({ environment: { PREFECT_API_KEY: '' }, files: everywhere });

    expect(settings.api.key).toBeUndefined();
    expect(settings.passedOn['PREFECT_API_KEY']).toBe('');
  });

  it('uses its newest name within a source, but an old name in a higher source wins', () => {
    const newest = { PREFECT_FLOWS_DEFAULT_RETRIES: '1' };
    const oldest = { PREFECT_FLOW_DEFAULT_RETRIES: '2' };
    const retriesOf = (given: Given): string | undefined =>
      settingsOf(given).passedOn['PREFECT_FLOWS_DEFAULT_RETRIES'];

    expect(retriesOf({ environment: { ...oldest, ...newest } })).toBe('1');
    expect(
      retriesOf({
        environment: oldest,
        files: { 'prefect.toml': '[flows]\ndefault_retries = 3\n' },
      }),
    ).toBe('2');
    expect(
      retriesOf({
        files: {
          '/users/me/.prefect/profiles.toml':
            'active="p"\n[profiles.p]\nPREFECT_FLOW_DEFAULT_RETRIES = 4',
        },
      }),
    ).toBe('4');
  });

  it('is found under its lower-case name', () => {
    expect(
      settingsOf({ environment: { prefect_worker_query_seconds: '3' } }).worker.querySeconds,
    ).toBe(3);
  });
});

describe('TOML', () => {
  it('supports tables, lists, numbers and booleans', () => {
    const settings = settingsOf({
      files: {
        ...emptyProfile,
        'prefect.toml': [
          'debug_mode = false',
          'a_day = 2026-08-21',
          '[client]',
          'retry_extra_codes = [500, 404]',
          '[client.custom_headers]',
          'X-A = "b"',
          '[worker]',
          'query_seconds = 5',
          '[integrations.aws.ecs.worker]',
          'default_image = "toml:1"',
          '[integrations.aws.ecs.observer]',
          'enabled = false',
          'forward_crashed_run_logs_max_events = 10000',
          '[integrations.aws.ecs.observer.sqs]',
          'queue_name = "events"',
          'queue_region = "eu-west-1"',
        ].join('\n'),
      },
    });

    expect(settings.client).toMatchObject({
      retryExtraCodes: [500, 404],
      customHeaders: { 'X-A': 'b' },
    });
    expect(settings.worker.querySeconds).toBe(5);
    expect(settings.ecs.defaultImage).toBe('toml:1');
    expect(settings.observer).toEqual({
      enabled: false,
      queueName: 'events',
      queueRegion: 'eu-west-1',
      forwardCrashedRunLogs: true,
      forwardCrashedRunLogsMaxEvents: 10_000,
    });
    expect(settings.passedOn).toEqual({
      PREFECT_DEBUG_MODE: 'False',
      PREFECT_CLIENT_RETRY_EXTRA_CODES: '404,500',
      PREFECT_CLIENT_CUSTOM_HEADERS: '{"X-A": "b"}',
      PREFECT_WORKER_QUERY_SECONDS: '5.0',
    });
  });

  it('in a pyproject.toml without a Prefect table sets nothing', () => {
    expect(
      settingsOf({ files: { ...emptyProfile, 'pyproject.toml': '[project]\nname = "x"\n' } })
        .passedOn,
    ).toEqual({});
  });

  it.each(['prefect.toml', 'pyproject.toml'])('that is invalid in %s stops the start', (name) => {
    expect(() => settingsOf({ files: { [name]: 'a = = b' } })).toThrow(
      `${name} is not valid TOML. Fix it or remove it.`,
    );
  });
});

const forwarded = 'PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_FORWARD_CRASHED_RUN_LOGS_MAX_EVENTS';

describe('An invalid value is refused with its source and the fix', () => {
  it.each<[string, string, string]>([
    ['PREFECT_API_URL', 'localhost/api', 'give a URL such as http://127.0.0.1:4200/api'],
    ['PREFECT_API_URL', 'ftp://x', 'give a URL'],
    ['PREFECT_DEBUG_MODE', 'maybe', 'give true or false'],
    ['PREFECT_DEBUG_MODE', '', 'give true or false'],
    ['PREFECT_API_REQUEST_TIMEOUT', 'soon', 'give a number of at least 0'],
    ['PREFECT_WORKER_PREFETCH_SECONDS', '-1', 'give a number of at least 0'],
    ['PREFECT_ECS_CAPACITY_WAIT_SHARE', '2', 'give a number from 0 to 1'],
    ['PREFECT_ECS_AWS_RATE_SHARE', '0', 'give a number from 0.01 to 1'],
    ['PREFECT_ECS_CAPACITY_LADDER', 'FARGATE SPOT', 'give comma-separated names'],
    ['PREFECT_ECS_ALLOWED_IMAGES', 'a b', 'give comma-separated patterns'],
    ['PREFECT_ECS_ALLOWED_IMAGES', 'a,,b', 'give comma-separated patterns'],
    ['PREFECT_ECS_CREDENTIALS_ONLY_FROM_POOL', 'maybe', 'give true or false'],
    ['PREFECT_CLIENT_MAX_RETRIES', '1.5', 'give a whole number'],
    ['PREFECT_CLIENT_RETRY_EXTRA_CODES', '404,9', 'give comma-separated HTTP status codes'],
    ['PREFECT_ECS_LOG_FORMAT', 'xml', 'give text or json'],
    ['PREFECT_LOGGING_LEVEL', 'LOUD', 'give DEBUG, INFO, WARNING, ERROR or CRITICAL'],
    [
      'PREFECT_INTEGRATIONS_AWS_ECS_WORKER_CREATE_TASK_RUN_MAX_ATTEMPTS',
      '0',
      'give a number of at least 1',
    ],
    [forwarded, '0', 'give a whole number greater than or equal to 1'],
    [forwarded, '10001', 'give a whole number less than or equal to 10000'],
    [forwarded, '1.5', 'give a whole number'],
    ['PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER_ENABLED', 'perhaps', 'give true or false'],
  ])('%s of %j', (name, value, fix) => {
    const load = (): unknown => settingsOf({ environment: { [name]: value } });

    expect(load).toThrow(`${name} is '${value}' (from environment), which is invalid: ${fix}`);
    expect(load).toThrow(expect.objectContaining({ name: 'SettingsError' }));
  });

  it('without the password in a URL and without the value of headers', () => {
    expect(() => settingsOf({ environment: { PREFECT_API_URL: 'ftp://me:canary@host' } })).toThrow(
      "PREFECT_API_URL is 'ftp://***@host'",
    );
    for (const headers of ['canary', '["canary"]', 'null']) {
      const load = (): unknown =>
        settingsOf({ environment: { PREFECT_CLIENT_CUSTOM_HEADERS: headers } });

      expect(load).toThrow('give a JSON object of header names and values');
      expect(load).not.toThrow('canary');
    }
  });

  it('even if only the combination of two settings is invalid', () => {
    expect(() =>
      settingsOf({
        environment: {
          PREFECT_LOGGING_TO_API_MAX_LOG_SIZE: '10',
          PREFECT_LOGGING_TO_API_BATCH_SIZE: '9',
        },
      }),
    ).toThrow(
      '`PREFECT_LOGGING_TO_API_MAX_LOG_SIZE` cannot be larger than `PREFECT_LOGGING_TO_API_BATCH_SIZE` (10 and 9)',
    );
  });

  it('but empty headers, codes and URLs count as not set', () => {
    const settings = settingsOf({
      environment: {
        PREFECT_API_URL: '',
        PREFECT_CLIENT_CUSTOM_HEADERS: '',
        PREFECT_CLIENT_RETRY_EXTRA_CODES: '',
      },
    });

    expect(settings.api.url).toBeUndefined();
    expect(settings.client).toMatchObject({ customHeaders: {}, retryExtraCodes: [] });
  });
});

describe('Warnings', () => {
  it('report an interval that is too short and was raised', () => {
    const settings = settingsOf({
      environment: { PREFECT_WORKER_QUERY_SECONDS: '0', PREFECT_WORKER_HEARTBEAT_SECONDS: '0.5' },
    });

    expect(settings.worker).toMatchObject({ querySeconds: 0.1, heartbeatSeconds: 1 });
    expect(settings.warnings).toEqual([
      'PREFECT_WORKER_HEARTBEAT_SECONDS is 0.5, which is too short. Using 1 seconds instead.',
      'PREFECT_WORKER_QUERY_SECONDS is 0, which is too short. Using 0.1 seconds instead.',
    ]);
  });

  it.each([
    ['https://app.prefect.cloud/x', 'points to `app.prefect.cloud`'],
    ['https://api.prefect.cloud/api/account/a/workspaces/b', 'should use `/accounts/`'],
    ['https://api.prefect.cloud/api/accounts/a/workspace/b', 'should use `/workspaces/`'],
    ['https://api.prefect.cloud/accounts/a', 'should have `/api` after the base URL'],
  ])('report the likely mistake in %s', (url, warning) => {
    expect(settingsOf({ environment: { PREFECT_API_URL: url } }).warnings).toEqual([
      expect.stringContaining(warning),
    ]);
    expect(
      settingsOf({
        environment: { PREFECT_API_URL: url, PREFECT_SILENCE_API_URL_MISCONFIGURATION: '1' },
      }).warnings,
    ).toEqual([]);
  });

  it.each([cloud, 'https://api.prefect.cloud', 'http://127.0.0.1:4200/api'])(
    '%s does not',
    (url) => {
      expect(settingsOf({ environment: { PREFECT_API_URL: url } }).warnings).toEqual([]);
    },
  );
});

describe('A capacity ladder', () => {
  it('lists launch types and capacity providers in order', () => {
    const { capacityLadder } = settingsOf({
      environment: {
        PREFECT_ECS_CAPACITY_LADDER: 'FARGATE_SPOT, FARGATE,my-provider',
        PREFECT_ECS_CAPACITY_LADDER_FAILURES: '1',
      },
    }).ecs;

    expect(capacityLadder).toEqual({
      rungs: ['FARGATE_SPOT', 'FARGATE', 'my-provider'],
      failuresPerRung: 1,
    });
    expect(
      settingsOf({ environment: { PREFECT_ECS_CAPACITY_LADDER: '' } }).ecs.capacityLadder.rungs,
    ).toEqual([]);
  });
});

describe('Guard rails', () => {
  it('are off by default, except for endpoints in job variables', () => {
    expect(settingsOf({}).ecs.guardRails).toEqual(noRails);
    expect(
      settingsOf({ environment: { PREFECT_ECS_ALLOWED_CLUSTERS: '' } }).ecs.guardRails,
    ).toEqual(noRails);
  });

  it('are lists of patterns and switches', () => {
    const environment = {
      PREFECT_ECS_ALLOWED_TASK_ROLES: 'runs-*',
      PREFECT_ECS_ALLOWED_EXECUTION_ROLES: 'arn:aws:iam::*:role/runs',
      PREFECT_ECS_ALLOWED_CLUSTERS: 'prod-*, staging',
      PREFECT_ECS_ALLOWED_IMAGES: '111122223333.dkr.ecr.eu-west-1.amazonaws.com/*',
      PREFECT_ECS_ALLOWED_BLOCKS: 'aws-credentials/*',
      PREFECT_ECS_ALLOWED_AWS_ENDPOINTS: 'http://127.0.0.1:4566',
      PREFECT_ECS_ALLOW_BLOCK_ENDPOINTS: 'false',
      PREFECT_ECS_CREDENTIALS_ONLY_FROM_POOL: 'true',
      PREFECT_ECS_FORBIDDEN_ENV: 'AWS_*',
    };

    expect(settingsOf({ environment }).ecs.guardRails).toEqual({
      allowedTaskRoles: ['runs-*'],
      allowedExecutionRoles: ['arn:aws:iam::*:role/runs'],
      allowedClusters: ['prod-*', 'staging'],
      allowedImages: ['111122223333.dkr.ecr.eu-west-1.amazonaws.com/*'],
      allowedBlocks: ['aws-credentials/*'],
      allowedAwsEndpoints: ['http://127.0.0.1:4566'],
      allowsBlockEndpoints: false,
      credentialsOnlyFromPool: true,
      forbiddenEnv: ['AWS_*'],
    });
  });
});
