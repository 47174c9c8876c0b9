import { NoCredentialsError } from '../core/diagnosis/aws-error.ts';
import { sharedAbortController } from '../kernel/abort.ts';
import type { Clock } from '../kernel/clock.ts';
import { DeadlineError, within } from '../kernel/deadline.ts';
import { toError, WorkerError } from '../kernel/errors.ts';

/**
 * What the SDK wants for each call. `expiration` in the past makes it ask again the next time: our
 * clock decides.
 */
export interface CredentialIdentity {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
  readonly expiration?: Date;
}

export type CredentialProvider = () => Promise<CredentialIdentity>;

/**
 * Longer than the SDK's own tries of an endpoint on the machine, and shorter than a call may take.
 */
const answersWithinMs = 20_000;

/** What the SDK's chain says on its way when a source is not set up, which is no news. */
const isNoNews =
  /^(Skipping|AWS_PROFILE is set|Unable to find environment|Could not (load|resolve) credentials|Web identity configuration not|No HTTP credential provider host|The container metadata credential provider cannot)|could not be found in (shared|parsed) credentials|did not contain credential_process|is not a valid container metadata service hostname/i;

/**
 * Collects what the sources of a chain say of themselves: the chain's own error names the last of
 * them alone.
 */
export class SourceWords {
  #words: string[] = [];

  /** For the SDK, which tells each of its errors to a logger. */
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
 * A source of credentials that answers in time, or says why there are none. What fails here failed
 * before the call was sent, so no task can have been started and the launch may be repeated
 * (aws-ecs.md A.4.2). `askEndpoint` asks the container's endpoint once more, because the chain
 * loses its message; it rejects when there is no endpoint.
 */
export function tellingSource(
  source: CredentialProvider,
  words: SourceWords,
  askEndpoint: CredentialProvider,
  clock: Clock,
): CredentialProvider {
  // a source is shared by all calls: it must not die with the first
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

/** The chain came to its end, or gave up on an endpoint whose answer it does not tell. */
function isChainsEnd({ message }: Error): boolean {
  return isNoNews.test(message) || /instance metadata service/i.test(message);
}

function noCredentials(error: Error, heard: readonly string[]): NoCredentialsError {
  const { Code: code, Message: text } = error as {
    readonly Code?: unknown;
    readonly Message?: unknown;
  }; // fromHttp adds them
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

/** What a `credential_process` that failed is told by. */
const failedProcess = /^Command failed\b/;

/**
 * A file that is not there, a command that fails, or a source that refuses does so again, and where
 * no source is set up none comes by itself; whatever else goes wrong may have been a stumble.
 */
function mayPass(error: Error, said: string): boolean {
  if ('code' in error && missingFile.includes(error.code)) return false;
  if (isRepeatable(error)) return true;
  if (failedProcess.test(said) || isNoNews.test(said)) return false;
  const status = statusOf(error) ?? Number(/status: (\d{3})/.exec(said)?.[1] ?? 500);
  return status < 400 || status >= 500 || status === 408 || status === 429;
}

/**
 * The SDK says so of what STS answers with a 400 and yet asks to be asked again:
 * IDPCommunicationError.
 */
function isRepeatable(error: Error): boolean {
  return '$retryable' in error && error.$retryable !== undefined;
}

function statusOf(error: Error): number | undefined {
  const { $metadata: metadata } = error as {
    readonly $metadata?: { readonly httpStatusCode?: unknown };
  }; // of the SDK's errors
  return typeof metadata?.httpStatusCode === 'number' ? metadata.httpStatusCode : undefined;
}
