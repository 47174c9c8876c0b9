import { NoCredentialsError } from '../core/diagnosis/aws-error.ts';
import { sharedAbortController } from '../kernel/abort.ts';
import type { Clock } from '../kernel/clock.ts';
import { DeadlineError, within } from '../kernel/deadline.ts';
import { toError, WorkerError } from '../kernel/errors.ts';

/**
 * What the SDK expects for each call. An `expiration` in the past makes the SDK ask again next
 * time, so that our clock decides.
 */
export interface CredentialIdentity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

export type CredentialProvider = () => Promise<CredentialIdentity>;

/** Longer than the SDK's own attempts at a local endpoint, shorter than a call may take. */
const answersWithinMs = 20_000;

/** Messages of the SDK's chain about sources that are not configured. They explain nothing. */
const isNoNews =
  /^(Skipping|AWS_PROFILE is set|Unable to find environment|Could not (load|resolve) credentials|Web identity configuration not|No HTTP credential provider host|The container metadata credential provider cannot)|could not be found in (shared|parsed) credentials|did not contain credential_process|is not a valid container metadata service hostname/i;

/**
 * Collects the messages of all sources of a chain. The chain's own error names only the last
 * source, which is rarely the one that the user configured.
 */
export class SourceWords {
  #words: string[] = [];

  /** For the SDK, which logs each source's error here. */
  readonly logger = {
    debug: (line: string): void => {
      const said = /^@smithy\/property-provider (?:->|\(!\)) ([\s\S]*)$/.exec(line)?.[1];
      if (said !== undefined) this.#words.push(said);
    },
    info: (): void => undefined,
    warn: (): void => undefined,
    error: (): void => undefined,
  };

  take(): readonly string[] {
    const words = this.#words.filter((said) => !isNoNews.test(said));
    this.#words = [];
    return [...new Set(words)];
  }
}

/**
 * A source of credentials that answers in time, or reports why there are none. What fails here failed
 * before the call was sent, so no task can have been started and the launch may be repeated
 * (aws-ecs.md A.4.2). `askEndpoint` asks the container's endpoint again, because the chain
 * loses its message; it rejects when there is no endpoint.
 */
export function tellingSource(
  source: CredentialProvider,
  words: SourceWords,
  askEndpoint: CredentialProvider,
  clock: Clock,
): CredentialProvider {
  // All calls share a source, so the first caller's signal must not end it.
  const never = sharedAbortController().signal;
  const inTime = (provider: CredentialProvider): Promise<CredentialIdentity> =>
    within(answersWithinMs, clock, never, (late) => Promise.race([provider(), rejected(late)]));
  return async () => {
    try {
      return await inTime(source);
    } catch (thrown) {
      const error = toError(thrown);
      if (error instanceof WorkerError && !(error instanceof DeadlineError)) throw error;
      const heard = words.take();
      if (heard.length > 0 || !isChainsEnd(error)) throw noCredentials(error, heard);
      try {
        return await inTime(askEndpoint);
      } catch (again) {
        const said = toError(again);
        throw noCredentials(isNoNews.test(said.message) ? error : said, []);
      }
    }
  };
}

function rejected(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = (): void => reject(toError(signal.reason));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

/** The chain found nothing, or gave up on an endpoint whose answer it does not report. */
function isChainsEnd({ message }: Error): boolean {
  return isNoNews.test(message) || /instance metadata service/i.test(message);
}

function noCredentials(error: Error, heard: readonly string[]): NoCredentialsError {
  const { Code: code, Message: text } = error as {
    readonly Code?: unknown;
    readonly Message?: unknown;
  }; // `fromHttp` adds these members
  const told = [code, text].filter((part) => typeof part === 'string' && part !== '');
  const own =
    error instanceof DeadlineError
      ? `the credential source did not answer within ${answersWithinMs / 1000} s`
      : error.message;
  const said = [...(heard.length > 0 ? heard : [own]), ...told].join('; ');
  return new NoCredentialsError(
    `Unable to locate credentials (${said.replaceAll(/\s+/g, ' ').trim()}). Set ` +
      "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, choose a profile, give the worker's machine " +
      "a role, or set the work pool's AWS credentials.",
    { cause: error, mayPass: mayPass(error, said) },
  );
}

const missingFile: readonly unknown[] = ['ENOENT', 'EACCES', 'ENOTDIR', 'EISDIR'];

/** How the error of a failed `credential_process` begins. */
const failedProcess = /^Command failed\b/;

/**
 * Whether a later attempt may succeed. A missing file, a failing command or a refusing source fails
 * again, and a source that is not configured does not appear by itself. Anything else may be
 * transient.
 */
function mayPass(error: Error, said: string): boolean {
  if ('code' in error && missingFile.includes(error.code)) return false;
  if (isRepeatable(error)) return true;
  if (failedProcess.test(said) || isNoNews.test(said)) return false;
  const status = statusOf(error) ?? Number(/status: (\d{3})/.exec(said)?.[1] ?? 500);
  return status < 400 || status >= 500 || status === 408 || status === 429;
}

/** The SDK marks answers of STS with status 400 that may be repeated (IDPCommunicationError). */
function isRepeatable(error: Error): boolean {
  return '$retryable' in error && error.$retryable !== undefined;
}

function statusOf(error: Error): number | undefined {
  const { $metadata: metadata } = error as {
    readonly $metadata?: { readonly httpStatusCode?: unknown };
  }; // members of the SDK's errors
  return typeof metadata?.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}
