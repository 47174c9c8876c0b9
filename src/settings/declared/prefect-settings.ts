import {
  cloudMaxLogSize,
  defaultCloudApiUrl,
  defaultMaxLogSize,
} from '../../core/prefect/passed-on-settings.ts';
import {
  environmentText,
  flag,
  headers,
  integer,
  interval,
  level,
  number,
  oneOf,
  secret,
  statusCodes,
  text,
  url,
} from './declaration.ts';

/** Settings of Prefect that this worker heeds; the others are only passed on to the containers. */
export const apiSettings = {
  url: url('PREFECT_API_URL', {
    otherwise: 'none: the worker does not start',
    does: 'The address of the Prefect API.',
  }),
  cloudUrl: url('PREFECT_CLOUD_API_URL', {
    otherwise: defaultCloudApiUrl,
    does: 'An API URL that begins with it is one of Prefect Cloud.',
  }),
  key: secret('PREFECT_API_KEY', {
    otherwise: 'none',
    does: 'The API key of Prefect Cloud.',
  }),
  authString: secret('PREFECT_API_AUTH_STRING', {
    otherwise: 'none',
    does: 'User and password, as `user:password`, of a self-hosted server.',
  }),
  requestTimeoutSeconds: number('PREFECT_API_REQUEST_TIMEOUT', {
    default: 60,
    least: 0,
    unit: 'seconds',
    does: 'How long the worker waits for an answer of Prefect.',
  }),
  tlsInsecureSkipVerify: flag('PREFECT_API_TLS_INSECURE_SKIP_VERIFY', {
    default: false,
    does: 'The certificate of the Prefect API is not checked.',
  }),
  sslCertFile: text('PREFECT_API_SSL_CERT_FILE', {
    takes: 'a path',
    otherwise: 'SSL_CERT_FILE',
    does: 'A PEM file of the authorities that may sign the certificate of the Prefect API.',
  }),
  isSilentAboutUrl: flag('PREFECT_SILENCE_API_URL_MISCONFIGURATION', {
    default: false,
    does: 'The worker does not warn of a PREFECT_API_URL that looks wrong.',
  }),
};

export const sharedCertificateFile = environmentText('SSL_CERT_FILE', {
  takes: 'a path',
  otherwise: 'the authorities that Node brings',
  does: 'The same as PREFECT_API_SSL_CERT_FILE, where that is not set.',
});

export const clientSettings = {
  maxRetries: integer('PREFECT_CLIENT_MAX_RETRIES', {
    default: 5,
    least: 0,
    unit: 'retries',
    does: 'How often a call that Prefect did not answer, or could not, is retried.',
  }),
  retryJitterFactor: number('PREFECT_CLIENT_RETRY_JITTER_FACTOR', {
    default: 0.2,
    least: 0,
    unit: 'a share',
    does: 'By which part of its length the wait before a retry varies.',
  }),
  retryExtraCodes: statusCodes('PREFECT_CLIENT_RETRY_EXTRA_CODES', {
    takes: 'HTTP status codes with commas between them',
    otherwise: 'none',
    does: 'Answers of these codes are retried besides 429, 502, 503 and 408.',
  }),
  csrfSupportEnabled: flag('PREFECT_CLIENT_CSRF_SUPPORT_ENABLED', {
    default: true,
    does: 'The worker asks for a CSRF token, and sends it, where the server wants one.',
  }),
  customHeaders: headers('PREFECT_CLIENT_CUSTOM_HEADERS', {
    takes: 'a JSON object of header names and texts',
    otherwise: 'none',
    does: 'Headers that each request to Prefect carries.',
  }),
};

export const debugMode = flag('PREFECT_DEBUG_MODE', {
  default: false,
  does: 'Everything is logged, and PREFECT_LOGGING_LEVEL means nothing.',
});

export const workerSettings = {
  heartbeatSeconds: interval('PREFECT_WORKER_HEARTBEAT_SECONDS', {
    default: 30,
    least: 1,
    does: 'The time between two heartbeats of the worker.',
  }),
  querySeconds: interval('PREFECT_WORKER_QUERY_SECONDS', {
    default: 10,
    least: 0.1,
    does: 'The time between two polls of the work pool.',
  }),
  prefetchSeconds: number('PREFECT_WORKER_PREFETCH_SECONDS', {
    default: 10,
    least: 0,
    unit: 'seconds',
    does: 'A flow run is launched so long before its scheduled time. `--prefetch-seconds` wins.',
  }),
  debugMode: flag('PREFECT_WORKER_DEBUG_MODE', {
    default: false,
    does: 'Everything is logged, and PREFECT_LOGGING_LEVEL means nothing.',
  }),
  // The Python worker's default is false (worker.md 0.3).
  enableCancellation: flag('PREFECT_WORKER_ENABLE_CANCELLATION', {
    default: true,
    does: 'The worker stops the tasks of cancelled flow runs.',
  }),
  cancellationPollSeconds: interval('PREFECT_WORKER_CANCELLATION_POLL_SECONDS', {
    default: 120,
    least: 1,
    does: 'How often the worker looks for cancelled runs while no event of Prefect reaches it.',
  }),
};

/** Not even read in debug mode. */
export const logLevel = level('PREFECT_LOGGING_LEVEL', {
  default: 'info',
  does: 'Lines below this level are neither shown nor sent to Prefect.',
});

export const loggingSettings = {
  toApiEnabled: flag('PREFECT_LOGGING_TO_API_ENABLED', {
    default: true,
    does: 'The lines of a flow run are sent to its log in Prefect.',
  }),
  toApiBatchIntervalSeconds: number('PREFECT_LOGGING_TO_API_BATCH_INTERVAL', {
    default: 2,
    least: 0,
    unit: 'seconds',
    does: 'How long lines are gathered before they are sent to Prefect.',
  }),
  toApiBatchSize: integer('PREFECT_LOGGING_TO_API_BATCH_SIZE', {
    default: 4_000_000,
    least: 1,
    unit: 'bytes',
    does: 'The most that is sent to Prefect at once.',
  }),
  toApiMaxLogSize: integer('PREFECT_LOGGING_TO_API_MAX_LOG_SIZE', {
    default: defaultMaxLogSize,
    least: 1,
    unit: 'bytes',
    does: 'A longer line is cut before it is sent to Prefect.',
  }),
  cloudMaxLogSize: integer('PREFECT_CLOUD_MAX_LOG_SIZE', {
    default: cloudMaxLogSize,
    least: 1,
    unit: 'bytes',
    does: 'The same for Prefect Cloud: the shorter of both counts.',
  }),
};

/** Of the console, whatever else the settings hold: an error of the settings is logged in it. */
export const logFormat = oneOf('PREFECT_ECS_LOG_FORMAT', ['text', 'json'], {
  otherwise: 'text on a terminal, else json',
  does: 'How the console shows lines: as Prefect prints them, or one JSON object a line.',
});
