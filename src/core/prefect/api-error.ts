import { WorkerError } from '../../kernel/errors.ts';

/**
 * An answer from Prefect's API with status 400 or above, after the retries that its status allows.
 */
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
      /** The credentials setting and its source, shown for a refusal. Never its value. */
      readonly sentAs?: string | undefined;
      /** The answer is a web page. */
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

/** The server's answer for an unknown route. For an unknown record it is longer. */
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
    ? `PREFECT_API_URL does not end in /api. Set it to the URL of the API, ${examples}`
    : `Check PREFECT_API_URL: it must be the URL of the API, ${examples}`;
}

/** No advice from 500 on: a load balancer without a backend also returns a web page. */
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

/** Prefect refused our credentials or the action. */
export function isDeniedByPrefect(error: unknown): error is PrefectApiError {
  return error instanceof PrefectApiError && isDenial(error.status);
}

function isDenial(status: number): boolean {
  return status === 401 || status === 403;
}

/** Request timeout, too early, too many requests. */
const passingStatuses: readonly number[] = [408, 425, 429];

/**
 * Whether a retry may succeed: no answer, an answer that is not Prefect's, or a failing or busy
 * server.
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
 * A 404 that proves nothing about the requested record: from an ingress without a backend, or for
 * an unknown route.
 */
export function isNotPrefectsWord(error: unknown): boolean {
  return error instanceof PrefectApiError && error.status === 404;
}

/**
 * No answer from Prefect's API: refused, reset, timed out, unknown host. The server may have
 * executed the request.
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
 * No connection to Prefect is possible until a setting, a certificate or a clock is fixed. Nothing
 * was sent. It stops a starting worker. A running worker reports it and keeps trying, because
 * certificates are renewed.
 */
export class PrefectConnectionError extends WorkerError {
  override readonly name = 'PrefectConnectionError';

  constructor(url: string, words: string, options?: ErrorOptions) {
    super(`No connection to Prefect's API at ${url}: ${words}`, options);
  }
}

/** Whether only a change by a person fixes the error. It should stop a starting worker at once. */
export function needsMending(error: unknown): boolean {
  if (error instanceof PrefectConnectionError) return true;
  return (
    error instanceof PrefectAnswerError &&
    error.flaw.kind === 'web-page' &&
    error.flaw.place === 'no-api'
  );
}

/** What is wrong with an answer. */
export type AnswerFlaw =
  | { readonly kind: 'web-page'; readonly place: ApiPlace }
  /** `words`: the differences from the expected form. */
  | { readonly kind: 'unreadable'; readonly words: string }
  /** `beginning`: the beginning of its text, if it was readable. */
  | { readonly kind: 'too-large'; readonly words: string; readonly beginning: string }
  | { readonly kind: 'no-answer' };

/**
 * A success status from something that is not Prefect's API, or that is failing. The server may
 * have executed the request.
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
      return `the answer has an unexpected form: ${flaw.words}`;
    case 'too-large':
      return flaw.words;
    case 'no-answer':
      return 'this is not an answer of its API. Check PREFECT_API_URL';
  }
}

/**
 * Redirects are not followed, because they would lose the request's body or send it to another
 * host. Nothing more was sent.
 */
export class RedirectRefusedError extends WorkerError {
  override readonly name = 'RedirectRefusedError';

  /** `target`: the origin of the redirect, or the path on the same origin. */
  constructor(target: string, what: string) {
    super(
      `the server ${what} (${target}). The worker does not follow this. Set PREFECT_API_URL to the URL of the API ` +
        'itself',
    );
  }
}
