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

/** Prefect settings that this worker uses. All others are only passed on to the containers. */
export const apiSettings = {
  url: url('PREFECT_API_URL', {
    otherwise: 'none: the worker does not start',
    does: 'The URL of the Prefect API.',
  }),
  cloudUrl: url('PREFECT_CLOUD_API_URL', {
    otherwise: defaultCloudApiUrl,
    does: 'API URLs that begin with this URL belong to Prefect Cloud.',
  }),
  key: secret('PREFECT_API_KEY', {
    otherwise: 'none',
    does: 'The API key of Prefect Cloud.',
  }),
  authString: secret('PREFECT_API_AUTH_STRING', {
    otherwise: 'none',
    does: 'The credentials for a self-hosted server, as `user:password`.',
  }),
  requestTimeoutSeconds: number('PREFECT_API_REQUEST_TIMEOUT', {
    default: 60,
    least: 0,
    unit: 'seconds',
    does: 'How long the worker waits for an answer from Prefect.',
  }),
  tlsInsecureSkipVerify: flag('PREFECT_API_TLS_INSECURE_SKIP_VERIFY', {
    default: false,
    does: 'The certificate of the Prefect API is not checked.',
  }),
  sslCertFile: text('PREFECT_API_SSL_CERT_FILE', {
    takes: 'a path',
    otherwise: 'SSL_CERT_FILE',
    does: 'A PEM file with the certificate authorities to trust for the Prefect API.',
  }),
  isSilentAboutUrl: flag('PREFECT_SILENCE_API_URL_MISCONFIGURATION', {
    default: false,
    does: 'Turns off warnings about a PREFECT_API_URL that looks wrong.',
  }),
};

export const sharedCertificateFile = environmentText('SSL_CERT_FILE', {
  takes: 'a path',
  otherwise: "Node's built-in certificate authorities",
  does: 'Used if PREFECT_API_SSL_CERT_FILE is not set.',
});

export const clientSettings = {
  maxRetries: integer('PREFECT_CLIENT_MAX_RETRIES', {
    default: 5,
    least: 0,
    unit: 'retries',
    does: 'Retries of a call that Prefect did not answer or answered with a server error.',
  }),
  retryJitterFactor: number('PREFECT_CLIENT_RETRY_JITTER_FACTOR', {
    default: 0.2,
    least: 0,
    unit: 'a share',
    does: 'By which part of its length the wait before a retry varies.',
  }),
  retryExtraCodes: statusCodes('PREFECT_CLIENT_RETRY_EXTRA_CODES', {
    takes: 'comma-separated HTTP status codes',
    otherwise: 'none',
    does: 'Answers of these codes are retried besides 429, 502, 503 and 408.',
  }),
  csrfSupportEnabled: flag('PREFECT_CLIENT_CSRF_SUPPORT_ENABLED', {
    default: true,
    does: 'The worker requests and sends a CSRF token if the server requires one.',
  }),
  customHeaders: headers('PREFECT_CLIENT_CUSTOM_HEADERS', {
    takes: 'a JSON object of header names and values',
    otherwise: 'none',
    does: 'Headers to send with each request to Prefect.',
  }),
};

export const debugMode = flag('PREFECT_DEBUG_MODE', {
  default: false,
  does: 'Logs at debug level, whatever PREFECT_LOGGING_LEVEL is.',
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
    does: 'How long before its scheduled time a run is launched. `--prefetch-seconds` wins.',
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
    does: 'How often the worker looks for cancelled runs while it receives no events from Prefect.',
  }),
};

/** Not read in debug mode. */
export const logLevel = level('PREFECT_LOGGING_LEVEL', {
  default: 'info',
  does: 'The lowest level of lines to print and to send to Prefect.',
});

export const loggingSettings = {
  toApiEnabled: flag('PREFECT_LOGGING_TO_API_ENABLED', {
    default: true,
    does: 'Lines about a flow run are sent to its log in Prefect.',
  }),
  toApiBatchIntervalSeconds: number('PREFECT_LOGGING_TO_API_BATCH_INTERVAL', {
    default: 2,
    least: 0,
    unit: 'seconds',
    does: 'How long lines are collected before they are sent to Prefect.',
  }),
  toApiBatchSize: integer('PREFECT_LOGGING_TO_API_BATCH_SIZE', {
    default: 4_000_000,
    least: 1,
    unit: 'bytes',
    does: 'The maximum size of one batch of lines.',
  }),
  toApiMaxLogSize: integer('PREFECT_LOGGING_TO_API_MAX_LOG_SIZE', {
    default: defaultMaxLogSize,
    least: 1,
    unit: 'bytes',
    does: 'Longer lines are cut before they are sent to Prefect.',
  }),
  cloudMaxLogSize: integer('PREFECT_CLOUD_MAX_LOG_SIZE', {
    default: cloudMaxLogSize,
    least: 1,
    unit: 'bytes',
    does: 'The same for Prefect Cloud; the smaller of both applies.',
  }),
};

/** Console format. Readable even if other settings are invalid: their error is logged with it. */
export const logFormat = oneOf('PREFECT_ECS_LOG_FORMAT', ['text', 'json'], {
  otherwise: 'text on a terminal, else json',
  does: "The console format: Prefect's text format, or one JSON object a line.",
});
