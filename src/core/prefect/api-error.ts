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
      /**
       * As whom we asked, told where that was refused: the setting and its place, never its value.
       */
      readonly sentAs?: string | undefined;
      /** Its text is one of a web server. */
      readonly isWebPage?: boolean;
      readonly place?: ApiPlace;
    },
    options?: ErrorOptions,
  ) {
    const words = fact.detail === undefined ? '' : `: ${fact.detail}`;
    const sent = fact.sentAs === undefined || !isDenial(fact.status) ? '' : `; ${fact.sentAs}`;
    const hint = adviceFor(fact);
    super(
      `Prefect answered ${fact.status} to ${fact.method} ${fact.path}${words}${sent}${hint}`,
      options,
    );
    this.status = fact.status;
    this.method = fact.method;
    this.path = fact.path;
    this.detail = fact.detail;
  }
}

/** What a server says of a route that it does not have; of a record it says more. */
export const unknownRoute = 'Not Found';

/** Whether `PREFECT_API_URL` has the path of an API. */
export type ApiPlace = 'api' | 'no-api';

export function apiPlaceOf(apiUrl: string): ApiPlace {
  return URL.canParse(apiUrl) && /\/api(\/|$)/.test(new URL(apiUrl).pathname) ? 'api' : 'no-api';
}

const examples =
  'for example http://127.0.0.1:4200/api, or https://api.prefect.cloud/api/accounts/ACCOUNT_ID/workspaces/WORKSPACE_ID';

function apiUrlAdvice(place: ApiPlace | undefined): string {
  return place === 'no-api'
    ? `PREFECT_API_URL does not end in /api. Set it to the address of the API, ${examples}`
    : `Check PREFECT_API_URL: it must be the address of the API, ${examples}`;
}

/** A balancer gives web pages, too, while it has nobody behind it. */
function adviceFor(fact: {
  readonly status: number;
  readonly detail: string | undefined;
  readonly isWebPage?: boolean;
  readonly place?: ApiPlace;
}): string {
  if (fact.isWebPage === true && fact.status < 500)
    return `, and this is a web page, not the API. ${apiUrlAdvice(fact.place)}`;
  return fact.status === 404 && fact.detail === unknownRoute ? `. ${apiUrlAdvice(fact.place)}` : '';
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

/**
 * Whether the same call may well succeed a little later: no answer or none of Prefect's, or an ill
 * or busy server.
 */
export function isPassing(error: unknown): boolean {
  if (error instanceof PrefectUnreachableError || error instanceof PrefectAnswerError) return true;
  if (error instanceof PrefectConnectionError) return true;
  return (
    error instanceof PrefectApiError &&
    (error.status >= 500 || passingStatuses.includes(error.status))
  );
}

/**
 * A 404 that says nothing of what was asked for: of an ingress without a backend, or of a route
 * that is not there.
 */
export function isNotPrefectsWord(error: unknown): boolean {
  return error instanceof PrefectApiError && error.status === 404;
}

/**
 * No answer came from Prefect's API: refused, reset, timed out, unknown host. What was sent may
 * have been done.
 */
export class PrefectUnreachableError extends WorkerError {
  override readonly name = 'PrefectUnreachableError';
  readonly url: string;

  constructor(url: string, reason: string, options?: ErrorOptions) {
    super(`Prefect's API at ${url} cannot be reached: ${reason}`, options);
    this.url = url;
  }
}

/**
 * Prefect cannot be asked until a setting, a certificate or a clock is mended. Nothing was sent. At
 * start it ends the worker; a running one says it and tries on, since certificates are renewed.
 */
export class PrefectConnectionError extends WorkerError {
  override readonly name = 'PrefectConnectionError';

  constructor(url: string, words: string, options?: ErrorOptions) {
    super(`No connection to Prefect's API at ${url}: ${words}`, options);
  }
}

/**
 * Whether only somebody who changes something mends it: who starts a worker should learn of it at
 * once.
 */
export function needsMending(error: unknown): boolean {
  if (error instanceof PrefectConnectionError) return true;
  return (
    error instanceof PrefectAnswerError &&
    error.flaw.kind === 'web-page' &&
    error.flaw.place === 'no-api'
  );
}

/** How an answer fails to be one. */
export type AnswerFlaw =
  | { readonly kind: 'web-page'; readonly place: ApiPlace }
  /** `words`: where it differs from what was expected. */
  | { readonly kind: 'unreadable'; readonly words: string }
  /** `beginning`: of its text, where it came in clear. */
  | { readonly kind: 'too-large'; readonly words: string; readonly beginning: string }
  | { readonly kind: 'no-answer' };

/**
 * A success that is none: something answered which is not Prefect's API, or is ill. What was sent
 * may have been done.
 */
export class PrefectAnswerError extends WorkerError {
  override readonly name = 'PrefectAnswerError';
  readonly flaw: AnswerFlaw;

  constructor(
    fact: {
      readonly status: number;
      readonly method: string;
      /** Below the API's base URL. */
      readonly path: string;
      readonly flaw: AnswerFlaw;
    },
    options?: ErrorOptions,
  ) {
    super(
      `Prefect answered ${fact.status} to ${fact.method} ${fact.path}, and ${flawWords(fact.flaw)}`,
      options,
    );
    this.flaw = fact.flaw;
  }
}

function flawWords(flaw: AnswerFlaw): string {
  switch (flaw.kind) {
    case 'web-page':
      return `this is a web page, not the API. ${apiUrlAdvice(flaw.place)}`;
    case 'unreadable':
      return `the answer cannot be read: ${flaw.words}`;
    case 'too-large':
      return flaw.words;
    case 'no-answer':
      return 'that is no answer of its API. Check PREFECT_API_URL';
  }
}

/**
 * A redirect is not followed: it would lose what was sent, or give it to somebody else. Nothing
 * more was sent.
 */
export class RedirectRefusedError extends WorkerError {
  override readonly name = 'RedirectRefusedError';

  /** `target`: the origin that it leads to, or the path on the same one. */
  constructor(target: string, what: string) {
    super(
      `the server ${what} (${target}). The worker does not follow this. Set PREFECT_API_URL to the address of the API ` +
        'itself',
    );
  }
}
