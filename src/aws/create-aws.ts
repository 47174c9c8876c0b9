import { createHash } from 'node:crypto';
import { EC2Client } from '@aws-sdk/client-ec2';
import { ECSClient } from '@aws-sdk/client-ecs';
import { STSClient } from '@aws-sdk/client-sts';
import { LRUCache } from 'lru-cache';
import type { AwsCredentials } from '../core/job/aws-credentials.ts';
import { Secret } from '../kernel/secret.ts';
import type { AwsOptions } from './aws-settings.ts';
import { clientParts } from './client-parts.ts';
import { NoRegionError } from './errors.ts';
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
  const sessions = new LRUCache<string, CachedSession>({ max: cachedSessions });
  return {
    sessionFor: (credentials: AwsCredentials, _signal: AbortSignal): Promise<Session> => {
      const key = keyOf(credentials);
      const known = sessions.get(key);
      if (known !== undefined) return known.session;
      const cached = { session: openSession(credentials, key, options) };
      sessions.set(key, cached);
      cached.session.catch(() => {
        if (sessions.peek(key) === cached) sessions.delete(key);
      });
      return cached.session;
    },
  };
}

async function openSession(credentials: AwsCredentials, key: string, options: AwsOptions): Promise<Session> {
  const { calls, clientFor } = await clientParts(credentials, options);
  const ecs = new ECSClient(clientFor('ECS'));
  const region = await regionOf(ecs);
  let logs: ReturnType<typeof openLogs> | undefined;
  const openLogs = async () => (await import('./log-reads.ts')).logReads(clientFor('CLOUDWATCH_LOGS'), calls);
  return awsSession({
    ecs,
    ec2: new EC2Client(clientFor('EC2')),
    sts: new STSClient(clientFor('STS')),
    logs: () => (logs ??= openLogs()),
    calls,
    clock: options.clock,
    region,
    key: `${key}/${region}`,
  });
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
