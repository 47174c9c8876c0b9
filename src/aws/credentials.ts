import { AssumeRoleCommand, STSClient, type AssumeRoleCommandInput } from '@aws-sdk/client-sts';
import type { AwsCredentials } from '../core/job/aws-credentials.ts';
import type { Clock } from '../kernel/clock.ts';
import { WorkerError } from '../kernel/errors.ts';
import type { Random } from '../kernel/random.ts';
import type { ClientConfiguration } from './client-configuration.ts';

/** What the SDK wants for each call. `expiration` in the past makes it ask again the next time: our clock decides. */
export interface CredentialIdentity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

export type CredentialProvider = () => Promise<CredentialIdentity>;

/** A role was assumed with an MFA code, which works once: the session cannot be renewed. */
export class SessionNotRenewableError extends WorkerError {
  override readonly name = 'SessionNotRenewableError';
}

/** Renewed this long before they expire, so that no call in flight outlives them. */
const renewBeforeMs = 5 * 60_000;

/** Static keys if given, else the profile, else the SDK's chain; and the role assumed with them (ecs-worker.md 2.2). */
export async function credentialProvider(
  credentials: AwsCredentials,
  configuration: ClientConfiguration,
  stsEndpoint: string | undefined,
  clock: Clock,
  random: Random,
): Promise<CredentialProvider> {
  const base = await baseProvider(credentials);
  if (credentials.assumeRoleArn === undefined) return base;
  return assumedRole(credentials, credentials.assumeRoleArn, base, configuration, stsEndpoint, clock, random);
}

async function baseProvider(credentials: AwsCredentials): Promise<CredentialProvider> {
  const { accessKeyId, secretAccessKey, sessionToken, profileName } = credentials;
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    return () =>
      Promise.resolve({
        accessKeyId,
        secretAccessKey: secretAccessKey.reveal(),
        ...(sessionToken !== undefined && { sessionToken: sessionToken.reveal() }),
      });
  }
  const { fromNodeProviderChain } = await import('@aws-sdk/credential-providers');
  return fromNodeProviderChain(profileName === undefined ? {} : { profile: profileName });
}

interface Session {
  readonly identity: CredentialIdentity;
  readonly expiresAt: Date;
}

function assumedRole(
  credentials: AwsCredentials,
  roleArn: string,
  base: CredentialProvider,
  configuration: ClientConfiguration,
  stsEndpoint: string | undefined,
  clock: Clock,
  random: Random,
): CredentialProvider {
  const sts = new STSClient({
    ...configuration.client,
    credentials: base,
    ...(stsEndpoint !== undefined && { endpoint: stsEndpoint }),
  });
  let session: Session | undefined;
  let renewing: Promise<Session> | undefined;
  const assume = async (): Promise<Session> => {
    if (session !== undefined && credentials.assumeRoleParameters['TokenCode'] !== undefined) {
      throw new SessionNotRenewableError(
        `The session of role ${roleArn} has ended and was opened with an MFA code, which cannot be used again. Remove ` +
          'SerialNumber and TokenCode from the AWS credentials, or give them a role that needs no MFA.',
      );
    }
    const answer = await sts.send(new AssumeRoleCommand(assumeRoleInput(credentials, roleArn, random)));
    return sessionOf(answer.Credentials);
  };
  return async () => {
    if (session === undefined || session.expiresAt.getTime() - renewBeforeMs <= clock.now().getTime()) {
      renewing ??= assume().finally(() => {
        renewing = undefined;
      });
      session = await renewing;
    }
    return { ...session.identity, expiration: new Date(0) };
  };
}

function assumeRoleInput(
  credentials: AwsCredentials,
  roleArn: string,
  random: Random,
): AssumeRoleCommandInput {
  return {
    RoleSessionName: `prefect-session-${random.uuid().slice(0, 8)}`,
    ...credentials.assumeRoleParameters,
    RoleArn: roleArn,
  };
}

function sessionOf(
  answer:
    | {
        readonly AccessKeyId?: string | undefined;
        readonly SecretAccessKey?: string | undefined;
        readonly SessionToken?: string | undefined;
        readonly Expiration?: Date | undefined;
      }
    | undefined,
): Session {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = answer ?? {};
  if (
    AccessKeyId === undefined ||
    SecretAccessKey === undefined ||
    SessionToken === undefined ||
    Expiration === undefined
  ) {
    throw new TypeError('AssumeRole answered without credentials');
  }
  return {
    identity: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken },
    expiresAt: Expiration,
  };
}
