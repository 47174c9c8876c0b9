import {
  defaultCloudApiUrl,
  isCloudUrl,
  passedOnSettings,
} from '../core/prefect/passed-on-settings.ts';
import type { LogLevel } from '../kernel/logger.ts';
import type { GuardRails } from '../core/guard/guard-rails.ts';
import { apiUrlWarnings } from './api-url-warnings.ts';
import { awsSettings } from './declared/aws-settings.ts';
import { valuesOf, type ValuesOf } from './declared/declaration.ts';
import {
  ecsWorkerSettings,
  guardRails,
  observerSettings,
  ownSettings,
} from './declared/ecs-settings.ts';
import {
  apiSettings,
  clientSettings,
  debugMode,
  logFormat,
  logLevel,
  loggingSettings,
  sharedCertificateFile,
  workerSettings,
} from './declared/prefect-settings.ts';
import { SettingReader } from './setting-reader.ts';
import { SettingsError } from './settings-error.ts';
import { lookUp, readSources, type SettingsMachine } from './sources.ts';

/** All settings of this process, read once. Frozen. */
export interface Settings {
  readonly api: Omit<ValuesOf<typeof apiSettings>, 'cloudUrl' | 'isSilentAboutUrl'> & {
    /** Which credentials setting is sent, and where it comes from. For people: never its value. */
    readonly sentAs: string;
  };
  readonly client: ValuesOf<typeof clientSettings>;
  readonly cloudApiUrl: string;
  readonly worker: ValuesOf<typeof workerSettings>;
  readonly logging: Omit<ValuesOf<typeof loggingSettings>, 'cloudMaxLogSize'> & {
    readonly level: LogLevel;
    /** Console format. Undefined: text on a terminal, else JSON. */
    readonly format: 'text' | 'json' | undefined;
  };
  readonly ecs: ValuesOf<typeof ecsWorkerSettings> &
    Omit<
      ValuesOf<typeof ownSettings>,
      'capacityLadderRungs' | 'capacityLadderFailures' | 'rateShare'
    > & {
      readonly capacityLadder: {
        readonly rungs: readonly string[];
        readonly failuresPerRung: number;
      };
      readonly guardRails: GuardRails;
    };
  readonly observer: ValuesOf<typeof observerSettings>;
  readonly aws: Omit<ValuesOf<typeof awsSettings>, 'defaultRegion'> & {
    /** By upper-case service id, e.g. `ECS`, `CLOUDWATCH_LOGS`. */
    readonly endpointUrls: Readonly<Record<string, string>>;
    readonly rateShare: number;
  };
  readonly proxies: { readonly configured: boolean };
  /**
   * Prefect settings for the containers, under canonical names (prefect-api.md 5.2). Secrets in
   * clear.
   */
  readonly passedOn: Readonly<Record<string, string>>;
  /** The whole environment, for `{{ $NAME }}` in templates. */
  readonly environment: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
}

/**
 * Reads all settings (prefect-api.md 1.7, 1.8). Throws SettingsError at the first that is invalid,
 * so that a typing error fails the start and not the first run.
 */
export function loadSettings(machine: SettingsMachine): Settings {
  const sources = readSources(machine);
  const environment = textsOf(machine.environment);
  const read = new SettingReader(sources, environment);
  const isDebugging = debugMode.read(read);
  const { cloudUrl = defaultCloudApiUrl, isSilentAboutUrl, ...api } = valuesOf(apiSettings, read);
  const worker = valuesOf(workerSettings, read);
  const { rateShare, ...ecs } = ecsSettings(read);
  const { defaultRegion, ...aws } = valuesOf(awsSettings, read);
  return Object.freeze<Settings>({
    api: {
      ...api,
      sentAs: sentAs(read),
      sslCertFile: api.sslCertFile ?? sharedCertificateFile.read(read),
    },
    client: valuesOf(clientSettings, read),
    cloudApiUrl: cloudUrl,
    worker: { ...worker, debugMode: worker.debugMode || isDebugging },
    logging: logging(read, { isDebugging, isCloud: isCloudUrl(api.url, cloudUrl) }),
    ecs,
    observer: valuesOf(observerSettings, read),
    aws: {
      ...aws,
      region: aws.region ?? defaultRegion,
      endpointUrls: serviceEndpoints(environment),
      rateShare,
    },
    proxies: {
      configured: proxyNames
        .flatMap((name) => [name, name.toLowerCase()])
        .some((name) => read.environmentText(name) !== undefined),
    },
    passedOn: passedOnSettings({
      valueOf: (setting) => lookUp(sources.layers, setting)?.value,
      homeDirectory: machine.homeDirectory,
    }),
    environment,
    warnings: [
      ...read.warnings,
      ...read.strangers('PREFECT_ECS_'), // last, when all known settings have been read
      ...(api.url === undefined || isSilentAboutUrl ? [] : apiUrlWarnings(api.url)),
    ],
  });
}

/**
 * Names the setting that the server knows us by. A custom header replaces the auth string, which
 * wins over the key (prefect-api.md 1.2).
 */
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
  return 'no key was sent, because PREFECT_API_KEY is not set';
}

function logging(
  read: SettingReader,
  { isDebugging, isCloud }: { readonly isDebugging: boolean; readonly isCloud: boolean },
): Settings['logging'] {
  const { cloudMaxLogSize, ...own } = valuesOf(loggingSettings, read);
  const { toApiBatchSize: batchSize, toApiMaxLogSize: maxLogSize } = own;
  if (maxLogSize > batchSize) {
    const [size, batch] = [
      loggingSettings.toApiMaxLogSize.name,
      loggingSettings.toApiBatchSize.name,
    ];
    throw new SettingsError(
      `\`${size}\` cannot be larger than \`${batch}\` (${maxLogSize} and ${batchSize}). ` +
        'Raise the one or lower the other.',
    );
  }
  return {
    ...own,
    level: isDebugging ? 'debug' : logLevel.read(read),
    format: logFormat.read(read),
    toApiMaxLogSize: isCloud ? Math.min(maxLogSize, cloudMaxLogSize) : maxLogSize,
  };
}

/**
 * Of the console, whatever else the settings say. Throws SettingsError where it cannot be read
 * itself.
 */
export function logFormatIn(machine: SettingsMachine): 'text' | 'json' | undefined {
  return logFormat.read(new SettingReader(readSources(machine), {}));
}

const proxyNames = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'];

function ecsSettings(read: SettingReader): Settings['ecs'] & { readonly rateShare: number } {
  const { capacityLadderRungs, capacityLadderFailures, ...own } = valuesOf(ownSettings, read);
  return {
    ...valuesOf(ecsWorkerSettings, read),
    ...own,
    capacityLadder: { rungs: capacityLadderRungs, failuresPerRung: capacityLadderFailures },
    guardRails: valuesOf(guardRails, read),
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
