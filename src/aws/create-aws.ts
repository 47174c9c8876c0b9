import { createHash } from 'node:crypto';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ECSClient } from '@aws-sdk/client-ecs';
import { STSClient } from '@aws-sdk/client-sts';
import { LRUCache } from 'lru-cache';
import type { AwsCredentials } from '../core/job/aws-credentials.ts';
import { Secret } from '../kernel/secret.ts';
import type { AwsOptions, AwsSettings } from './aws-settings.ts';
import { Calls } from './calls.ts';
import { clientConfiguration, type ClientConfiguration } from './client-configuration.ts';
import { credentialProvider } from './credentials.ts';
import { NoRegionError } from './errors.ts';
import { Identity } from './identity.ts';
import { AccountRates, Rates } from './rates.ts';
import { awsSession } from './session.ts';

type Session = ReturnType<typeof awsSession>;

interface CachedSession {
  readonly session: Promise<Session>;
}

/** Sets of credentials in use at once; upstream keeps 8 clients, and a session holds two. */
const cachedSessions = 8;

/**
 * Sessions by credentials: same fields, same session; any other field, another (ecs-worker.md 2.2). An evicted session
 * goes on serving the runs that hold it: its sockets close by themselves when they are idle.
 */
export function createAws(options: AwsOptions) {
  const rates = new AccountRates(options.clock, options.settings.rateShare ?? 1);
  const sessions = new LRUCache<string, CachedSession>({ max: cachedSessions });
  return {
    sessionFor: (credentials: AwsCredentials, _signal: AbortSignal): Promise<Session> => {
      const key = keyOf(credentials);
      const known = sessions.get(key);
      if (known !== undefined) return known.session;
      const cached = { session: openSession(credentials, key, rates, options) };
      sessions.set(key, cached);
      cached.session.catch(() => {
        if (sessions.peek(key) === cached) sessions.delete(key);
      });
      return cached.session;
    },
    rateFigures: () => rates.figures(),
  };
}

async function openSession(
  credentials: AwsCredentials,
  key: string,
  rates: AccountRates,
  options: AwsOptions,
): Promise<Session> {
  const { settings, clock, random, log } = options;
  const configuration = await clientConfiguration(credentials, settings, log);
  const { attempts, callTimeoutMs } = configuration;
  const callsFor = (ratesOf: () => Promise<Rates>): Calls =>
    new Calls({ clock, random, attempts, callTimeoutMs, rates: ratesOf });
  // What credentials are made of is asked before anybody knows their account.
  const stsRates = new Rates(clock, 'sts', settings.rateShare ?? 1);
  const stsCalls = callsFor(() => Promise.resolve(stsRates));
  const stsEndpoint = endpointFor('STS', credentials, settings);
  const provider = await credentialProvider(credentials, {
    configuration: { ...configuration, client: { ...configuration.client, ...reachedBy(options) } },
    stsEndpoint,
    calls: stsCalls,
    clock,
    random,
  });
  const clientFor = (service: string) => {
    const endpoint = endpointFor(service, credentials, settings);
    return {
      ...configuration.client,
      ...reachedBy(options),
      credentials: provider,
      ...(endpoint !== undefined && { endpoint }),
      ...(configuration.isUnsigned && { signer: { sign: <T>(request: T) => Promise.resolve(request) } }),
    };
  };
  const ecs = new ECSClient(clientFor('ECS'));
  const region = await regionOf(ecs);
  const identity = new Identity(new STSClient(clientFor('STS')), stsCalls, clock);
  return awsSession({
    ecs,
    ec2: new EC2Client(clientFor('EC2')),
    identity,
    calls: callsFor(async () => rates.of((await identity.accountSoon()) ?? key, region)),
    clock,
    region,
    key: `${key}/${region}`,
  });
}

function reachedBy({
  network,
}: AwsOptions): Pick<ClientConfiguration['client'], 'requestHandler'> | undefined {
  // The SDK declares a handler by its own classes; it calls `handle` and `destroy` alone.
  return network === undefined ? undefined : { requestHandler: network as never };
}

/** The client knows the region of its configuration, of the environment, and of the profile, in that order. */
async function regionOf(ecs: ECSClient): Promise<string> {
  try {
    return await ecs.config.region();
  } catch (error) {
    throw new NoRegionError(
      "You must specify a region: set AWS_REGION for the worker, or region_name in the work pool's AWS credentials.",
      { cause: error },
    );
  }
}

function endpointFor(
  service: string,
  credentials: AwsCredentials,
  settings: AwsSettings,
): string | undefined {
  return credentials.clientParameters.endpointUrl ?? settings.endpointUrls[service] ?? settings.endpointUrl;
}

/** All fields, hashed: secrets tell sets of credentials apart and are not readable in the key. */
function keyOf(credentials: AwsCredentials): string {
  const plain = JSON.stringify(credentials, (_name, value: unknown) => value);
  const secrets = [credentials.secretAccessKey, credentials.sessionToken].map((secret) =>
    secret instanceof Secret ? secret.reveal() : '',
  );
  return createHash('sha256')
    .update(JSON.stringify([plain, ...secrets]))
    .digest('hex')
    .slice(0, 32);
}
