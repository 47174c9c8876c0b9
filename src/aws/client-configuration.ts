import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { AwsCredentials } from '../core/job/aws-credentials.ts';
import { certificatesIn } from '../kernel/certificate-file.ts';
import { isJsonObject, type JsonObject } from '../kernel/json.ts';
import type { Logger } from '../kernel/logger.ts';
import type { AwsSettings } from './aws-settings.ts';

/** Client options that all services share, and how long calls may take. */
export interface ClientConfiguration {
  readonly client: {
    readonly maxAttempts: 1;
    readonly profile?: string;
    readonly region?: string;
    readonly tls?: boolean;
    readonly useFipsEndpoint?: boolean;
    readonly useDualstackEndpoint?: boolean;
    readonly customUserAgent?: string;
    readonly requestHandler: {
      readonly connectionTimeout: number;
      readonly httpAgent: HttpAgent;
      readonly httpsAgent: HttpsAgent;
    };
  };
  readonly isUnsigned: boolean;
  /** Attempts of one call that may be repeated. */
  readonly attempts: number;
  /** How long one attempt may take. */
  readonly callTimeoutMs: number;
}

const connectTimeoutSeconds = 10;
const readTimeoutSeconds = 60;
const socketsByDefault = 50;

const knownOptions: readonly string[] = [
  'retries',
  'connect_timeout',
  'read_timeout',
  'max_pool_connections',
  'proxies',
  'signature_version',
  'region_name',
  'user_agent_extra',
  'use_fips_endpoint',
  'use_dualstack_endpoint',
  'tcp_keepalive',
];

/**
 * Maps client parameters and botocore's `config` onto the SDK (worker.md 2.4). Logs a warning for
 * options that have no effect.
 */
export async function clientConfiguration(
  credentials: AwsCredentials,
  settings: AwsSettings,
  log: Logger,
): Promise<ClientConfiguration> {
  const parameters = credentials.clientParameters;
  const config = parameters.config ?? {};
  for (const name of Object.keys(config)) {
    if (!knownOptions.includes(name))
      log.warning(`The botocore option '${name}' is not supported and is ignored.`);
  }
  if (parameters.apiVersion !== undefined)
    log.debug('api_version has no effect on this client and is ignored.');
  const region = credentials.regionName ?? textAt(config, 'region_name') ?? settings.region;
  const userAgentExtra = textAt(config, 'user_agent_extra');
  return {
    client: {
      maxAttempts: 1,
      ...(credentials.profileName !== undefined && { profile: credentials.profileName }),
      ...(region !== undefined && { region }),
      ...(!parameters.useSsl && { tls: false }),
      ...(config['use_fips_endpoint'] === true && { useFipsEndpoint: true }),
      ...(config['use_dualstack_endpoint'] === true && { useDualstackEndpoint: true }),
      ...(userAgentExtra !== undefined && { customUserAgent: userAgentExtra }),
      requestHandler: {
        connectionTimeout: (numberAt(config, 'connect_timeout') ?? connectTimeoutSeconds) * 1000,
        ...(await agents(credentials, settings, config, log)),
      },
    },
    isUnsigned: config['signature_version'] === 'unsigned',
    attempts: attemptsIn(config),
    callTimeoutMs: (numberAt(config, 'read_timeout') ?? readTimeoutSeconds) * 1000,
  };
}

/** botocore's default mode `legacy` makes five attempts; `standard` and `adaptive` make three. */
function attemptsIn(config: JsonObject): number {
  const retries = isJsonObject(config['retries']) ? config['retries'] : {};
  const attemptsByDefault = ['standard', 'adaptive'].includes(textAt(retries, 'mode') ?? '')
    ? 3
    : 5;
  const total = numberAt(retries, 'total_max_attempts');
  const repetitions = numberAt(retries, 'max_attempts');
  return Math.max(1, total ?? (repetitions === undefined ? attemptsByDefault : repetitions + 1));
}

async function agents(
  credentials: AwsCredentials,
  settings: AwsSettings,
  config: JsonObject,
  log: Logger,
): Promise<{ readonly httpAgent: HttpAgent; readonly httpsAgent: HttpsAgent }> {
  const common = {
    keepAlive: config['tcp_keepalive'] !== false,
    maxSockets: numberAt(config, 'max_pool_connections') ?? socketsByDefault,
  };
  const tls = tlsOptions(credentials, settings, log);
  const proxies = isJsonObject(config['proxies']) ? config['proxies'] : undefined;
  if (proxies === undefined && !settings.usesProxy) {
    return { httpAgent: new HttpAgent(common), httpsAgent: new HttpsAgent({ ...common, ...tls }) };
  }
  const { ProxyAgent } = await import('proxy-agent');
  const chosen = (url: string): string => {
    const proxy = proxies?.[url.startsWith('https:') ? 'https' : 'http'];
    return typeof proxy === 'string' ? proxy : '';
  };
  const agentFor = (isKept: boolean) =>
    new ProxyAgent({
      ...common,
      ...tls,
      keepAlive: isKept,
      ...(proxies !== undefined && { getProxyForUrl: chosen }),
    });
  // proxy-agent serves both schemes, but its type declares the base class of both agents.
  // Connections are not kept over plain HTTP: proxy-agent sends the full URL only with the first
  // request of a connection, so the proxy would answer the second one itself.
  return {
    httpAgent: agentFor(false) as unknown as HttpAgent,
    httpsAgent: agentFor(true) as unknown as HttpsAgent,
  };
}

const bundleSetting =
  "verify_cert_path in the AWS client parameters, or AWS_CA_BUNDLE in the worker's environment";

/**
 * `verify` and `verify_cert_path` as the Python worker reads them, its warnings included
 * (worker.md 2.4).
 */
function tlsOptions(
  credentials: AwsCredentials,
  settings: AwsSettings,
  log: Logger,
): { readonly rejectUnauthorized?: false; readonly ca?: string } {
  const { verify, verifyCertPath } = credentials.clientParameters;
  if (verify === false) {
    if (verifyCertPath !== undefined) {
      log.warning('verify_cert_path is set but verify is False. verify_cert_path will be ignored.');
    }
    return { rejectUnauthorized: false };
  }
  if (typeof verify === 'string') {
    log.warning(
      'verify should be a boolean. If you want to use a CA cert bundle, use verify_cert_path ' +
        'instead.',
    );
    if (verifyCertPath !== undefined) {
      log.warning(
        'verify_cert_path is set but verify is also set as a file path. verify_cert_path will ' +
          'take precedence.',
      );
    }
  }
  const bundle = verifyCertPath ?? (typeof verify === 'string' ? verify : settings.caBundle);
  return bundle === undefined ? {} : { ca: certificatesIn(bundle, bundleSetting) };
}

function numberAt(config: JsonObject, name: string): number | undefined {
  const value = config[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

function textAt(config: JsonObject, name: string): string | undefined {
  const value = config[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}
