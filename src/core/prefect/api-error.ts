import { WorkerError } from '../../kernel/errors.ts';

/** An answer of Prefect's API with status 400 or above, after the repetitions its status allows. */
export class PrefectApiError extends WorkerError {
  override readonly name = 'PrefectApiError';
  readonly status: number;
  readonly method: string;
  /** Below the API's base URL. */
  readonly path: string;
  /** The server's own words: `detail` or `exception_message`. */
  readonly detail: string | undefined;

  constructor(
    fact: {
      readonly status: number;
      readonly method: string;
      readonly path: string;
      readonly detail: string | undefined;
      /** As whom we asked, told where that was refused: the setting and its place, never its value. */
      readonly sentAs?: string | undefined;
    },
    options?: ErrorOptions,
  ) {
    const words = fact.detail === undefined ? '' : `: ${fact.detail}`;
    const sent = fact.sentAs === undefined || !isDenial(fact.status) ? '' : `; ${fact.sentAs}`;
    super(`Prefect answered ${fact.status} to ${fact.method} ${fact.path}${words}${sent}`, options);
    this.status = fact.status;
    this.method = fact.method;
    this.path = fact.path;
    this.detail = fact.detail;
  }
}

/** Prefect does not know us, or does not let us. */
export function isDeniedByPrefect(error: unknown): error is PrefectApiError {
  return error instanceof PrefectApiError && isDenial(error.status);
}

function isDenial(status: number): boolean {
  return status === 401 || status === 403;
}

/** Request timeout, too early, too many requests. */
const passingStatuses: readonly number[] = [408, 425, 429];

/** Whether the same call may well succeed a little later: no answer, or an ill or busy server. */
export function isPassing(error: unknown): boolean {
  if (error instanceof PrefectUnreachableError) return true;
  return error instanceof PrefectApiError && (error.status >= 500 || passingStatuses.includes(error.status));
}

/** A 404 that says nothing of what was asked for: of an ingress without a backend, or of a route that is not there. */
export function isNotPrefectsWord(error: unknown): boolean {
  return error instanceof PrefectApiError && error.status === 404;
}

/** No answer came from Prefect's API: refused, reset, timed out, unknown host. What was sent may have been done. */
export class PrefectUnreachableError extends WorkerError {
  override readonly name = 'PrefectUnreachableError';
  readonly url: string;

  constructor(url: string, reason: string, options?: ErrorOptions) {
    super(`Prefect's API at ${url} cannot be reached: ${reason}`, options);
    this.url = url;
  }
}
