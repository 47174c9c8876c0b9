import { AssumeRoleCommand, STSClient, type AssumeRoleCommandInput } from '@aws-sdk/client-sts';
import { NoCredentialsError } from '../core/diagnosis/aws-error.ts';
import type { AwsCredentials } from '../core/job/aws-credentials.ts';
import type { Clock } from '../kernel/clock.ts';
import { sharedAbortController } from '../kernel/abort.ts';
import { WorkerError } from '../kernel/errors.ts';
import type { Random } from '../kernel/random.ts';
import type { Calls } from './calls.ts';
import type { ClientConfiguration } from './client-configuration.ts';
import {
  SourceWords,
  tellingSource,
  type CredentialIdentity,
  type CredentialProvider,
} from './credential-source.ts';

/** The role was assumed with an MFA code, which works once, so the session cannot be renewed. */
export class SessionNotRenewableError extends WorkerError {
  override readonly name = 'SessionNotRenewableError';
}

/** The AWS files of this machine do not contain the profile. Name and text are botocore's. */
export class ProfileNotFoundError extends WorkerError {
  override readonly name = 'ProfileNotFound';
}

/** What a credential provider needs besides the credentials. */
export interface CredentialParts {
  /** Replaces the SDK's chain. Undefined: the chain. */
  readonly source: CredentialProvider | undefined;
  readonly configuration: ClientConfiguration;
  readonly stsEndpoint: string | undefined;
  readonly calls: Calls;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Credentials are renewed this long before they expire, so that no call in flight outlives them.
 */
const renewBeforeMs = 5 * 60_000;
const renewAgainAfterMs = 30_000;

/**
 * Takes static keys if given, else the profile, else the SDK's chain, and then assumes the role
 * with them (worker.md 2.2).
 */
export async function credentialProvider(
  credentials: AwsCredentials,
  parts: CredentialParts,
): Promise<CredentialProvider> {
  const base = await baseProvider(credentials, parts);
  if (credentials.assumeRoleArn === undefined) return base;
  return assumedRole(credentials, credentials.assumeRoleArn, base, parts);
}

async function baseProvider(
  credentials: AwsCredentials,
  { source, clock }: Pick<CredentialParts, 'source' | 'clock'>,
): Promise<CredentialProvider> {
  const { accessKeyId, secretAccessKey, sessionToken, profileName } = credentials;
  if (accessKeyId !== undefined && secretAccessKey !== undefined) {
    return () =>
      Promise.resolve({
        accessKeyId,
        secretAccessKey: secretAccessKey.reveal(),
        ...(sessionToken !== undefined && { sessionToken: sessionToken.reveal() }),
      });
  }
  refuseHalfOfTheKeys(credentials);
  const words = new SourceWords();
  const telling = (provider: CredentialProvider): CredentialProvider =>
    tellingSource(provider, words, async () => fromHttp({ maxRetries: 0 })(), clock);
  const { createCredentialChain, fromEnv, fromHttp, fromNodeProviderChain } =
    await import('@aws-sdk/credential-providers');
  if (profileName === undefined) {
    const chain = fromNodeProviderChain({ logger: words.logger });
    // The SDK alone would prefer AWS_PROFILE to the keys of the environment. botocore prefers the
    // keys.
    return telling(source ?? createCredentialChain(fromEnv(), chain));
  }
  await refuseUnknownProfile(profileName);
  return telling(fromNodeProviderChain({ profile: profileName, logger: words.logger }));
}

/**
 * A key without its secret must not fall through to the machine's credentials, which may belong to
 * another account.
 */
function refuseHalfOfTheKeys({ accessKeyId, secretAccessKey, sessionToken }: AwsCredentials): void {
  if (accessKeyId === undefined && secretAccessKey === undefined && sessionToken === undefined)
    return;
  const missing = [
    ...(accessKeyId === undefined ? ['aws_access_key_id'] : []),
    ...(secretAccessKey === undefined ? ['aws_secret_access_key'] : []),
  ];
  throw new NoCredentialsError(
    `The work pool's AWS credentials are incomplete: ${missing.join(' and ')} missing. ` +
      'Set both keys, or neither.',
  );
}

async function refuseUnknownProfile(name: string): Promise<void> {
  const { loadSharedConfigFiles } = await import('@smithy/core/config');
  const { configFile, credentialsFile } = await loadSharedConfigFiles({ ignoreCache: true });
  if (name in configFile || name in credentialsFile) return;
  throw new ProfileNotFoundError(
    `The config profile (${name}) could not be found. Add it to the AWS files on the worker's ` +
      "machine, or change profile_name in the work pool's AWS credentials.",
  );
}

interface Session {
  readonly identity: CredentialIdentity;
  readonly expiresAt: Date;
}

/**
 * A failed renewal is repeated after half a minute. While the old session is valid, no call fails
 * because of it.
 */
function assumedRole(
  credentials: AwsCredentials,
  roleArn: string,
  base: CredentialProvider,
  { configuration, stsEndpoint, calls, clock, random }: CredentialParts,
): CredentialProvider {
  const sts = new STSClient({
    ...configuration.client,
    credentials: base,
    ...(stsEndpoint !== undefined && { endpoint: stsEndpoint }),
  });
  // All calls share the session, so the first caller's signal must not end the renewal.
  const untilStopped = sharedAbortController().signal;
  let session: Session | undefined;
  let renewing: Promise<Session> | undefined;
  let failedAtMs = -Infinity;
  const assume = async (): Promise<Session> => {
    if (session !== undefined && credentials.assumeRoleParameters['TokenCode'] !== undefined) {
      throw new SessionNotRenewableError(
        `The session of role ${roleArn} has expired. It was opened with an MFA code, which ` +
          'works only once. Remove SerialNumber and TokenCode from the AWS credentials, or use a ' +
          'role that does not require MFA.',
      );
    }
    const answer = await calls.repeated('AssumeRole', 'sts', untilStopped, (abortSignal) =>
      sts.send(new AssumeRoleCommand(assumeRoleInput(credentials, roleArn, random)), {
        abortSignal,
      }),
    );
    return sessionOf(answer.Credentials);
  };
  const lastsFor = (ms: number): boolean =>
    session !== undefined && session.expiresAt.getTime() - ms > clock.now().getTime();
  return async () => {
    const waits = lastsFor(0) && clock.monotonicMs() - failedAtMs < renewAgainAfterMs;
    if (!lastsFor(renewBeforeMs) && !waits) {
      renewing ??= assume().finally(() => {
        renewing = undefined;
      });
      try {
        session = await renewing;
      } catch (error) {
        failedAtMs = clock.monotonicMs();
        if (!lastsFor(0)) throw error;
      }
    }
    if (session === undefined) throw new TypeError('no session that is still valid');
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
    identity: {
      accessKeyId: AccessKeyId,
      secretAccessKey: SecretAccessKey,
      sessionToken: SessionToken,
    },
    expiresAt: Expiration,
  };
}
