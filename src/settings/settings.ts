import {
  cloudMaxLogSize,
  defaultCloudApiUrl,
  defaultMaxLogSize,
  isCloudUrl,
  passedOnSettings,
} from '../core/prefect/passed-on-settings.ts';
import { allowUnknownSetting } from '../core/aws-model/problem-words.ts';
import type { TagBlanks } from '../core/job/ecs-job.ts';
import type { GuardRails } from '../core/guard/guard-rails.ts';
import type { LogLevel } from '../kernel/logger.ts';
import type { Secret } from '../kernel/secret.ts';
import { apiUrlWarnings } from './api-url-warnings.ts';
import { guardRailsFrom } from './guard-rail-settings.ts';
import { SettingReader } from './setting-reader.ts';
import { SettingsError } from './settings-error.ts';
import { lookUp, readSources, type SettingsMachine } from './sources.ts';

/** All that this process is told from outside, read once. Frozen. */
export interface Settings {
  readonly api: {
    /** Without a trailing slash. Undefined: not set, or set to nothing. */
    readonly url: string | undefined;
    readonly key: Secret | undefined;
    readonly authString: Secret | undefined;
    /** Which setting the server knows us by, and where it stands. For people: never its value. */
    readonly sentAs: string;
    readonly requestTimeoutSeconds: number;
    readonly tlsInsecureSkipVerify: boolean;
    readonly sslCertFile: string | undefined;
  };
  readonly client: {
    readonly maxRetries: number;
    readonly retryJitterFactor: number;
    readonly retryExtraCodes: readonly number[];
    readonly csrfSupportEnabled: boolean;
    readonly customHeaders: Readonly<Record<string, string>>;
  };
  readonly cloudApiUrl: string;
  readonly worker: {
    readonly heartbeatSeconds: number;
    readonly querySeconds: number;
    readonly prefetchSeconds: number;
    readonly debugMode: boolean;
    readonly enableCancellation: boolean;
    readonly cancellationPollSeconds: number;
  };
  readonly logging: {
    readonly level: LogLevel;
    /** Of the console. Undefined: text on a terminal, else JSON. */
    readonly format: 'text' | 'json' | undefined;
    readonly toApiEnabled: boolean;
    readonly toApiBatchIntervalSeconds: number;
    /** Bytes. */
    readonly toApiBatchSize: number;
    /** Bytes. */
    readonly toApiMaxLogSize: number;
  };
  /** Settings of the ECS worker (worker.md 4.5, 5.2). */
  readonly ecs: {
    /** Undefined: the deployment's Prefect version decides. */
    readonly defaultImage: string | undefined;
    readonly tagBlanks: TagBlanks;
    readonly registerAttempts: number;
    readonly registerInitialDelaySeconds: number;
    readonly registerMaxDelaySeconds: number;
    readonly createTaskRunAttempts: number;
    readonly createTaskRunMinDelaySeconds: number;
    readonly createTaskRunMinDelayJitterSeconds: number;
    readonly createTaskRunMaxDelayJitterSeconds: number;
    readonly cancelGraceSeconds: number;
    readonly unfoundTaskTimeoutSeconds: number;
    /** Each line of a container's output begins with its run's name, on a console of people. */
    readonly streamOutputPrefix: boolean;
    readonly streamOutputToRunLogs: boolean;
    /** 0: a launch without room fails like any other. */
    readonly capacityTimeoutSeconds: number;
    /** Of a worker's slots, those in which runs may wait for capacity. */
    readonly capacityWaitShare: number;
    readonly capacityLadder: {
      readonly rungs: readonly string[];
      readonly failuresPerRung: number;
    };
    readonly relaunchFailedStarts: boolean;
    readonly allowsUnknownAwsFields: boolean;
    readonly guardRails: GuardRails;
  };
  /** The observer of task events (worker.md 10.2). */
  readonly observer: {
    readonly enabled: boolean;
    readonly queueName: string;
    /** Undefined: the default region. */
    readonly queueRegion: string | undefined;
    readonly forwardCrashedRunLogs: boolean;
    readonly forwardCrashedRunLogsMaxEvents: number;
  };
  readonly aws: {
    readonly region: string | undefined;
    readonly profile: string | undefined;
    readonly endpointUrl: string | undefined;
    /** By upper-case service id, e.g. `ECS`, `CLOUDWATCH_LOGS`. */
    readonly endpointUrls: Readonly<Record<string, string>>;
    readonly caBundle: string | undefined;
    /** The part of AWS's rate limits that is this process's. */
    readonly rateShare: number;
  };
  readonly proxies: { readonly configured: boolean };
  /** Prefect settings for the containers, canonical (prefect-api.md 5.2). Secrets in clear. */
  readonly passedOn: Readonly<Record<string, string>>;
  /** The whole environment, for `{{ $NAME }}` in templates. */
  readonly environment: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

/**
 * Reads all settings (prefect-api.md 1.7). Throws SettingsError at the first that cannot be used.
 */
export function loadSettings(machine: SettingsMachine): Settings {
  const sources = readSources(machine);
  const read = new SettingReader(sources);
  const environment = textsOf(machine.environment);
  const own = (name: string): string | undefined => textIn(environment, name);
  const debugMode = read.boolean('PREFECT_DEBUG_MODE', false);
  const url = read.url('PREFECT_API_URL');
  const cloudApiUrl = read.url('PREFECT_CLOUD_API_URL') ?? defaultCloudApiUrl;
  const silent = read.boolean('PREFECT_SILENCE_API_URL_MISCONFIGURATION', false);
  return Object.freeze<Settings>({
    api: {
      url,
      key: read.secret('PREFECT_API_KEY'),
      authString: read.secret('PREFECT_API_AUTH_STRING'),
      sentAs: sentAs(read),
      requestTimeoutSeconds: read.number('PREFECT_API_REQUEST_TIMEOUT', 60, 0),
      tlsInsecureSkipVerify: read.boolean('PREFECT_API_TLS_INSECURE_SKIP_VERIFY', false),
      sslCertFile: read.text('PREFECT_API_SSL_CERT_FILE') ?? own('SSL_CERT_FILE'),
    },
    client: {
      maxRetries: read.integer('PREFECT_CLIENT_MAX_RETRIES', 5, 0),
      retryJitterFactor: read.number('PREFECT_CLIENT_RETRY_JITTER_FACTOR', 0.2, 0),
      retryExtraCodes: read.statusCodes('PREFECT_CLIENT_RETRY_EXTRA_CODES'),
      csrfSupportEnabled: read.boolean('PREFECT_CLIENT_CSRF_SUPPORT_ENABLED', true),
      customHeaders: read.headers('PREFECT_CLIENT_CUSTOM_HEADERS'),
    },
    cloudApiUrl,
    worker: {
      heartbeatSeconds: read.interval('PREFECT_WORKER_HEARTBEAT_SECONDS', 30, 1),
      querySeconds: read.interval('PREFECT_WORKER_QUERY_SECONDS', 10, 0.1),
      prefetchSeconds: read.number('PREFECT_WORKER_PREFETCH_SECONDS', 10, 0),
      debugMode: read.boolean('PREFECT_WORKER_DEBUG_MODE', false) || debugMode,
      // The Python worker's default is false (worker.md 0.3).
      enableCancellation: read.boolean('PREFECT_WORKER_ENABLE_CANCELLATION', true),
      cancellationPollSeconds: read.interval('PREFECT_WORKER_CANCELLATION_POLL_SECONDS', 120, 1),
    },
    logging: loggingSettings(read, debugMode, isCloudUrl(url, cloudApiUrl)),
    ecs: ecsSettings(read),
    observer: observerSettings(read),
    aws: {
      region: own('AWS_REGION') ?? own('AWS_DEFAULT_REGION'),
      profile: own('AWS_PROFILE'),
      endpointUrl: own('AWS_ENDPOINT_URL'),
      endpointUrls: serviceEndpoints(environment),
      caBundle: own('AWS_CA_BUNDLE'),
      rateShare: read.number('PREFECT_ECS_AWS_RATE_SHARE', 1, 0.01, 1),
    },
    proxies: {
      configured: proxyNames.some(
        (name) => own(name) !== undefined || own(name.toLowerCase()) !== undefined,
      ),
    },
    passedOn: passedOnSettings({
      valueOf: (setting) => lookUp(sources.layers, setting)?.value,
      homeDirectory: machine.homeDirectory,
    }),
    environment,
    warnings: [
      ...read.warnings,
      ...read.strangers('PREFECT_ECS_'), // asked last: what was read is known
      ...(url === undefined || silent ? [] : apiUrlWarnings(url)),
    ],
  });
}

/** In the order in which they win (prefect-api.md 1.2). */
function sentAs(read: SettingReader): string {
  const headers = 'PREFECT_CLIENT_CUSTOM_HEADERS';
  const isOwnHeader = Object.keys(read.headers(headers)).some(
    (name) => name.toLowerCase() === 'authorization',
  );
  for (const name of [
    ...(isOwnHeader ? [headers] : []),
    'PREFECT_API_AUTH_STRING',
    'PREFECT_API_KEY',
  ]) {
    const origin = read.origin(name);
    if (origin !== undefined) return `${name} from ${origin} was sent`;
  }
  return 'no key was sent, since PREFECT_API_KEY is not set';
}

function loggingSettings(
  read: SettingReader,
  debugMode: boolean,
  isCloud: boolean,
): Settings['logging'] {
  const batchSize = read.integer('PREFECT_LOGGING_TO_API_BATCH_SIZE', 4_000_000, 1);
  const maxLogSize = read.integer('PREFECT_LOGGING_TO_API_MAX_LOG_SIZE', defaultMaxLogSize, 1);
  if (maxLogSize > batchSize) {
    throw new SettingsError(
      '`PREFECT_LOGGING_TO_API_MAX_LOG_SIZE` cannot be larger than `PREFECT_LOGGING_TO_API_BATCH_SIZE` ' +
        `(${maxLogSize} and ${batchSize}). Raise the one or lower the other.`,
    );
  }
  const cloudLimit = read.integer('PREFECT_CLOUD_MAX_LOG_SIZE', cloudMaxLogSize, 1);
  return {
    level: debugMode ? 'debug' : read.level('PREFECT_LOGGING_LEVEL', 'info'),
    format: logFormat(read),
    toApiEnabled: read.boolean('PREFECT_LOGGING_TO_API_ENABLED', true),
    toApiBatchIntervalSeconds: read.number('PREFECT_LOGGING_TO_API_BATCH_INTERVAL', 2, 0),
    toApiBatchSize: batchSize,
    toApiMaxLogSize: isCloud ? Math.min(maxLogSize, cloudLimit) : maxLogSize,
  };
}

function logFormat(read: SettingReader): 'text' | 'json' | undefined {
  return read.oneOf('PREFECT_ECS_LOG_FORMAT', ['text', 'json']);
}

/**
 * Of the console, whatever else the settings say. Throws SettingsError where it cannot be read
 * itself.
 */
export function logFormatIn(machine: SettingsMachine): 'text' | 'json' | undefined {
  return logFormat(new SettingReader(readSources(machine)));
}

const proxyNames = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'];
const ecsPrefix = 'PREFECT_INTEGRATIONS_AWS_ECS_WORKER';

function ecsSettings(read: SettingReader): Settings['ecs'] {
  const register = `${ecsPrefix}_REGISTER_TASK_DEFINITION`;
  const create = `${ecsPrefix}_CREATE_TASK_RUN`;
  return {
    defaultImage: read.text(`${ecsPrefix}_DEFAULT_IMAGE`),
    tagBlanks: read.oneOf('PREFECT_ECS_TAG_BLANKS', ['keep', 'dash']) ?? 'keep',
    registerAttempts: read.integer(`${register}_MAX_ATTEMPTS`, 3, 1),
    registerInitialDelaySeconds: read.number(`${register}_INITIAL_DELAY_SECONDS`, 1, 0),
    registerMaxDelaySeconds: read.number(`${register}_MAX_DELAY_SECONDS`, 10, 0),
    createTaskRunAttempts: read.integer(`${create}_MAX_ATTEMPTS`, 3, 1),
    createTaskRunMinDelaySeconds: read.number(`${create}_MIN_DELAY_SECONDS`, 1, 0),
    createTaskRunMinDelayJitterSeconds: read.number(`${create}_MIN_DELAY_JITTER_SECONDS`, 0, 0),
    createTaskRunMaxDelayJitterSeconds: read.number(`${create}_MAX_DELAY_JITTER_SECONDS`, 3, 0),
    cancelGraceSeconds: read.number('PREFECT_ECS_CANCEL_GRACE_SECONDS', 60, 0),
    unfoundTaskTimeoutSeconds: read.number('PREFECT_ECS_UNFOUND_TASK_TIMEOUT_SECONDS', 1_800, 300),
    streamOutputPrefix: read.boolean('PREFECT_ECS_STREAM_OUTPUT_PREFIX', true),
    streamOutputToRunLogs: read.boolean('PREFECT_ECS_STREAM_OUTPUT_TO_RUN_LOGS', false),
    capacityTimeoutSeconds: read.number('PREFECT_ECS_CAPACITY_TIMEOUT_SECONDS', 1_800, 0),
    capacityWaitShare: read.number('PREFECT_ECS_CAPACITY_WAIT_SHARE', 0.5, 0, 1),
    capacityLadder: {
      rungs: read.names('PREFECT_ECS_CAPACITY_LADDER'),
      failuresPerRung: read.integer('PREFECT_ECS_CAPACITY_LADDER_FAILURES', 3, 1),
    },
    relaunchFailedStarts: read.boolean('PREFECT_ECS_RELAUNCH_FAILED_STARTS', false),
    allowsUnknownAwsFields: read.boolean(allowUnknownSetting, false),
    guardRails: guardRailsFrom(read),
  };
}

function observerSettings(read: SettingReader): Settings['observer'] {
  const prefix = 'PREFECT_INTEGRATIONS_AWS_ECS_OBSERVER';
  return {
    enabled: read.boolean(`${prefix}_ENABLED`, true),
    queueName: read.text(`${prefix}_SQS_QUEUE_NAME`) ?? 'prefect-ecs-tasks-events',
    queueRegion: read.text(`${prefix}_SQS_QUEUE_REGION`),
    forwardCrashedRunLogs: read.boolean(`${prefix}_FORWARD_CRASHED_RUN_LOGS`, true),
    forwardCrashedRunLogsMaxEvents: read.integerWithin(
      `${prefix}_FORWARD_CRASHED_RUN_LOGS_MAX_EVENTS`,
      500,
      1,
      10_000,
    ),
  };
}

function serviceEndpoints(
  environment: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const prefix = 'AWS_ENDPOINT_URL_';
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]): [string, string][] =>
      name.startsWith(prefix) && value !== '' ? [[name.slice(prefix.length), value]] : [],
    ),
  );
}

function textsOf(
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, value]],
    ),
  );
}

/** An environment variable that says something; the empty text does not. */
function textIn(environment: Readonly<Record<string, string>>, name: string): string | undefined {
  const text = Object.hasOwn(environment, name) ? environment[name] : undefined;
  return text === '' ? undefined : text;
}
