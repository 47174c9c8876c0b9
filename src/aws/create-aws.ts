import { createHash } from 'node:crypto';
import { ECSClient } from '@aws-sdk/client-ecs';
import { STSClient } from '@aws-sdk/client-sts';
import { LRUCache } from 'lru-cache';
import type { AwsCredentials } from '../core/job/aws-credentials.ts';
import { Secret } from '../kernel/secret.ts';
import type { AwsOptions } from './aws-settings.ts';
import { clientParts } from './client-parts.ts';
import { NoRegionError } from './errors.ts';
import { Identity } from './identity.ts';
import { AccountRates } from './rates.ts';
import { awsSession } from './session.ts';
import { RemoteClock } from '../kernel/remote-clock.ts';

type Session = ReturnType<typeof awsSession>;

interface CachedSession {
  readonly session: Promise<Session>;
}

/**
 * Sets of credentials that are cached. The Python worker keeps 8 clients; a session here holds up
 * to four.
 */
const cachedSessions = 8;

/**
 * Sessions by credentials: the same fields, the same session; any other field, another one. Two
 * sessions for one set of credentials would share neither rates nor breaker (worker.md 2.2).
 * An evicted session goes on serving the runs that hold it: its sockets close by themselves when
 * they are idle.
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
  const { clock } = options;
  const { callsFor, stsCalls, clientFor } = await clientParts(credentials, options);
  const ecs = new ECSClient(clientFor('ECS'));
  const server = serverClockOf(ecs, clock);
  const region = await regionOf(ecs);
  const identity = new Identity(new STSClient(clientFor('STS')), stsCalls, clock);
  const calls = callsFor(async () => rates.of((await identity.accountSoon()) ?? key, region));
  let logs: ReturnType<typeof openLogs> | undefined;
  const openLogs = async () =>
    (await import('./log-reads.ts')).logReads(clientFor('CLOUDWATCH_LOGS'), calls);
  let network: ReturnType<typeof openNetwork> | undefined;
  const openNetwork = async () =>
    (await import('./network-reads.ts')).networkReads(clientFor('EC2'), calls, clock);
  return awsSession({
    ecs,
    network: () => (network ??= openNetwork()),
    identity,
    logs: () => (logs ??= openLogs()),
    calls,
    region,
    key: `${key}/${region}`,
    server,
  });
}

/** ECS's clock, from the `Date` of any answer. */
function serverClockOf(ecs: ECSClient, clock: AwsOptions['clock']): RemoteClock {
  const server = new RemoteClock(clock);
  ecs.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      server.note(dateIn(result.response));
      return result;
    },
    // low priority: next to the wire, so that error answers count, too
    { name: 'noteServerDate', step: 'deserialize', priority: 'low' },
  );
  return server;
}

function dateIn(response: unknown): string | undefined {
  if (typeof response !== 'object' || response === null || !('headers' in response))
    return undefined;
  const { headers } = response;
  if (typeof headers !== 'object' || headers === null || !('date' in headers)) return undefined;
  return typeof headers.date === 'string' ? headers.date : undefined;
}

/**
 * The client takes the region from its configuration, the environment or the profile, in that
 * order.
 */
async function regionOf(ecs: ECSClient): Promise<string> {
  try {
    return await ecs.config.region();
  } catch (error) {
    throw new NoRegionError(
      'You must specify a region: set AWS_REGION for the worker, or region_name in the work ' +
        "pool's AWS credentials.",
      { cause: error },
    );
  }
}

/** Hashes all fields. Different secrets give different keys, and no key reveals them. */
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
