import {
  findSetting,
  passedOnSettings,
  readBoolean,
  defaultCloudApiUrl,
} from '../core/prefect/passed-on-settings.ts';
import { settingsCatalogue } from '../core/prefect/settings-catalogue.ts';
import type { LogLevel } from '../kernel/logger.ts';
import { Secret } from '../kernel/secret.ts';
import { SettingsError } from './settings-error.ts';
import { lookUpIn, readSources, type SettingsMachine, type Source } from './sources.ts';

/** All that this process is told from outside, read once. Frozen. */
export interface Settings {
  readonly api: {
    /** Without a trailing slash. Undefined: not set, or set to nothing. */
    readonly url: string | undefined;
    readonly key: Secret | undefined;
    readonly authString: Secret | undefined;
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
  };
  readonly logging: {
    readonly level: LogLevel;
    readonly toApiEnabled: boolean;
    readonly toApiBatchIntervalSeconds: number;
    /** Bytes. */
    readonly toApiBatchSize: number;
    /** Bytes. */
    readonly toApiMaxLogSize: number;
  };
  /** Settings of the ECS worker (ecs-worker.md 4.5, 5.2). */
  readonly ecs: {
    readonly defaultImage: string;
    readonly registerAttempts: number;
    readonly registerInitialDelaySeconds: number;
    readonly registerMaxDelaySeconds: number;
    readonly createTaskRunAttempts: number;
    readonly createTaskRunMinDelaySeconds: number;
    readonly createTaskRunMinDelayJitterSeconds: number;
    readonly createTaskRunMaxDelayJitterSeconds: number;
  };
  readonly aws: {
    readonly region: string | undefined;
    readonly profile: string | undefined;
    readonly endpointUrl: string | undefined;
    /** By upper-case service id, e.g. `ECS`, `CLOUDWATCH_LOGS`. */
    readonly endpointUrls: Readonly<Record<string, string>>;
    readonly caBundle: string | undefined;
  };
  readonly proxies: { readonly configured: boolean };
  /** Prefect settings for the containers, canonical (prefect-api.md 5.2). Secrets in clear. */
  readonly passedOn: Readonly<Record<string, string>>;
  /** The whole environment, for `{{ $NAME }}` in templates. */
  readonly environment: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

/** Reads all settings (prefect-api.md 1.7). Throws SettingsError at the first that cannot be used. */
export function loadSettings(machine: SettingsMachine): Settings {
  const { ordered, warnings } = readSources(machine);
  const read = new SettingReader(ordered);
  const environment = textsOf(machine.environment);
  const own = (name: string): string | undefined =>
    environment[name] === '' ? undefined : environment[name];
  const debugMode = read.boolean('PREFECT_DEBUG_MODE', false);
  return Object.freeze<Settings>({
    api: {
      url: read.url('PREFECT_API_URL'),
      key: read.secret('PREFECT_API_KEY'),
      authString: read.secret('PREFECT_API_AUTH_STRING'),
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
    cloudApiUrl: read.url('PREFECT_CLOUD_API_URL') ?? defaultCloudApiUrl,
    worker: {
      heartbeatSeconds: read.number('PREFECT_WORKER_HEARTBEAT_SECONDS', 30, 1),
      querySeconds: read.number('PREFECT_WORKER_QUERY_SECONDS', 10, 0.1),
      prefetchSeconds: read.number('PREFECT_WORKER_PREFETCH_SECONDS', 10, 0),
      debugMode: read.boolean('PREFECT_WORKER_DEBUG_MODE', false) || debugMode,
    },
    logging: {
      level: debugMode ? 'debug' : read.level('PREFECT_LOGGING_LEVEL', 'info'),
      toApiEnabled: read.boolean('PREFECT_LOGGING_TO_API_ENABLED', true),
      toApiBatchIntervalSeconds: read.number('PREFECT_LOGGING_TO_API_BATCH_INTERVAL', 2, 0),
      toApiBatchSize: read.integer('PREFECT_LOGGING_TO_API_BATCH_SIZE', 4_000_000, 1),
      toApiMaxLogSize: read.integer('PREFECT_LOGGING_TO_API_MAX_LOG_SIZE', 1_000_000, 1),
    },
    ecs: ecsSettings(read),
    aws: {
      region: own('AWS_REGION') ?? own('AWS_DEFAULT_REGION'),
      profile: own('AWS_PROFILE'),
      endpointUrl: own('AWS_ENDPOINT_URL'),
      endpointUrls: serviceEndpoints(environment),
      caBundle: own('AWS_CA_BUNDLE'),
    },
    proxies: {
      configured: proxyNames.some((name) => own(name) !== undefined || own(name.toLowerCase()) !== undefined),
    },
    passedOn: passedOnSettings((name) => lookUpIn(ordered, name)?.value),
    environment,
    warnings,
  });
}

const proxyNames = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'];
const ecsPrefix = 'PREFECT_INTEGRATIONS_AWS_ECS_WORKER';

function ecsSettings(read: SettingReader): Settings['ecs'] {
  const register = `${ecsPrefix}_REGISTER_TASK_DEFINITION`;
  const create = `${ecsPrefix}_CREATE_TASK_RUN`;
  return {
    defaultImage: read.text(`${ecsPrefix}_DEFAULT_IMAGE`) ?? 'prefecthq/prefect:3-latest',
    registerAttempts: read.integer(`${register}_MAX_ATTEMPTS`, 3, 1),
    registerInitialDelaySeconds: read.number(`${register}_INITIAL_DELAY_SECONDS`, 1, 0),
    registerMaxDelaySeconds: read.number(`${register}_MAX_DELAY_SECONDS`, 10, 0),
    createTaskRunAttempts: read.integer(`${create}_MAX_ATTEMPTS`, 3, 1),
    createTaskRunMinDelaySeconds: read.number(`${create}_MIN_DELAY_SECONDS`, 1, 0),
    createTaskRunMinDelayJitterSeconds: read.number(`${create}_MIN_DELAY_JITTER_SECONDS`, 0, 0),
    createTaskRunMaxDelayJitterSeconds: read.number(`${create}_MAX_DELAY_JITTER_SECONDS`, 3, 0),
  };
}

function serviceEndpoints(environment: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
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

const aliasesByName = new Map(settingsCatalogue.map((setting) => [setting.name, setting.aliases]));

/** Reads single settings and says precisely what is wrong with one. */
class SettingReader {
  readonly #sources: readonly Source[];

  constructor(sources: readonly Source[]) {
    this.#sources = sources;
  }

  text(name: string): string | undefined {
    const found = this.#find(name);
    return found === undefined || found.text === '' ? undefined : found.text;
  }

  secret(name: string): Secret | undefined {
    const text = this.text(name);
    return text === undefined ? undefined : new Secret(text);
  }

  boolean(name: string, otherwise: boolean): boolean {
    const found = this.#find(name);
    if (found === undefined) return otherwise;
    const value = readBoolean(found.text);
    if (value === undefined) throw unusable(name, found, 'give true or false');
    return value;
  }

  number(name: string, otherwise: number, least: number): number {
    const found = this.#find(name);
    if (found === undefined) return otherwise;
    const value = Number(found.text);
    if (found.text.trim() === '' || !Number.isFinite(value) || value < least) {
      throw unusable(name, found, `give a number of at least ${least}`);
    }
    return value;
  }

  integer(name: string, otherwise: number, least: number): number {
    const value = this.number(name, otherwise, least);
    const found = this.#find(name);
    if (found !== undefined && !Number.isInteger(value)) throw unusable(name, found, 'give a whole number');
    return value;
  }

  level(name: string, otherwise: LogLevel): LogLevel {
    const found = this.#find(name);
    if (found === undefined) return otherwise;
    const level = (
      { DEBUG: 'debug', INFO: 'info', WARNING: 'warning', ERROR: 'error', CRITICAL: 'error' } as const
    )[found.text.toUpperCase()];
    if (level === undefined) throw unusable(name, found, 'give DEBUG, INFO, WARNING, ERROR or CRITICAL');
    return level;
  }

  url(name: string): string | undefined {
    const text = this.text(name);
    const found = this.#find(name);
    if (text === undefined || found === undefined) return undefined;
    const parsed = URL.canParse(text) ? new URL(text) : undefined;
    if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
      throw unusable(name, found, 'give a URL such as http://127.0.0.1:4200/api');
    }
    return text.replace(/\/+$/, '');
  }

  statusCodes(name: string): readonly number[] {
    const found = this.#find(name);
    if (found === undefined || found.text === '') return [];
    return found.text.split(',').map((part) => {
      const code = Number(part);
      if (!Number.isInteger(code) || code < 100 || code > 599) {
        throw unusable(name, found, 'give HTTP status codes with commas between them, for example 404,500');
      }
      return code;
    });
  }

  headers(name: string): Readonly<Record<string, string>> {
    const found = this.#find(name);
    if (found === undefined || found.text === '') return {};
    let parsed: unknown;
    try {
      parsed = JSON.parse(found.text);
    } catch {
      parsed = undefined;
    }
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
      // Headers carry credentials: the value is not shown.
      throw new SettingsError(
        `${name} (from ${found.source}) cannot be used: give a JSON object of header names and texts.`,
      );
    }
    return Object.fromEntries(Object.entries(parsed).map(([header, value]) => [header, String(value)]));
  }

  #find(name: string): { readonly text: string; readonly source: string } | undefined {
    const setting = { name, aliases: aliasesByName.get(name) ?? [] };
    const found = findSetting(setting, (candidate) => lookUpIn(this.#sources, candidate));
    if (found === undefined) return undefined;
    const { value, source } = found;
    return { text: typeof value === 'object' ? JSON.stringify(value) : String(value), source };
  }
}

function unusable(
  name: string,
  found: { readonly text: string; readonly source: string },
  fix: string,
): SettingsError {
  return new SettingsError(
    `${name} is '${withoutUserinfo(found.text)}' (from ${found.source}), which cannot be used: ${fix}.`,
  );
}

/** A URL may carry a password. */
function withoutUserinfo(text: string): string {
  return text.replace(/\/\/[^/@\s]*@/, '//***@');
}
