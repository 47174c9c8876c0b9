import {
  apiPlaceOf,
  PrefectAnswerError,
  PrefectApiError,
  type AnswerFlaw,
  type ApiPlace,
} from '../../core/prefect/api-error.ts';
import { TooLargeError } from '../../kernel/bytes.ts';
import { jitteredMs } from '../../kernel/backoff.ts';
import { nextTurn, type Clock } from '../../kernel/clock.ts';
import { parseHeavy } from '../../kernel/heavy-json.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { Random } from '../../kernel/random.ts';
import { within } from '../../kernel/deadline.ts';
import { usersMembers } from '../../core/prefect/json.ts';
import { jsonTextOf } from '../../kernel/written-numbers.ts';
import { detailOf, isWebPage } from './answer-body.ts';
import { CsrfTokens } from './csrf.ts';
import { requestHeaders, type HeaderOptions } from './headers.ts';
import { networkFailure, refusedForWantOfTls, type NetworkFailure } from './network-failure.ts';
import { retryAfterMs, ServerWaits } from './server-waits.ts';
import { Semaphore } from '../../kernel/semaphore.ts';
import { RemoteClock } from '../../kernel/remote-clock.ts';

/** What is read of an answer. */
export interface FetchedResponse {
  readonly status: number;
  readonly headers: Pick<Headers, 'get'>;
  text(): Promise<string>;
}

/** `fetch` as we use it: a request in, a response out, or a rejection if none arrived. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchedResponse>;

export interface FetchInit {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

export interface PrefectHttpOptions extends HeaderOptions {
  /**
   * The setting that supplied `apiKey` or `authString`, and where it is set. Shown when the server
   * denies access.
   */
  readonly sentAs?: string | undefined;
  /** Without a trailing slash. */
  readonly apiUrl: string;
  readonly csrfSupportEnabled: boolean;
  readonly isCloud: boolean;
  readonly requestTimeoutSeconds: number;
  readonly maxRetries: number;
  readonly retryJitterFactor: number;
  readonly retryExtraCodes: readonly number[];
  readonly fetch: Fetch;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface PrefectRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Relative to the base URL, with names percent-encoded. */
  readonly path: string;
  readonly body?: unknown;
  /** `false`: one attempt. */
  readonly retry?: boolean;
  /** No repetition begins later than this after the first attempt. */
  readonly retryWithinMs?: number;
}

export interface PrefectAnswer {
  readonly status: number;
  /** The parsed body. Undefined: none. */
  readonly body: unknown;
  /** Length of its text, in characters. */
  readonly length: number;
  /** With more than one attempt, the request may arrive more than once, and late. */
  readonly attempts: number;
}

const connectionsAtMost = 16;
const retriedStatuses: readonly number[] = [408, 429, 502, 503];

/** The failure of one attempt, which may be repeated. */
type Failure =
  | {
      readonly kind: 'status';
      readonly error: PrefectApiError;
      readonly response: FetchedResponse;
      /** A new token resolves it. */
      readonly isCsrf: boolean;
    }
  | NetworkFailure
  /**
   * The answer did not come from Prefect's API, or Prefect is failing. The caller may retry later.
   */
  | { readonly kind: 'no-answer'; readonly error: Error };

/**
 * HTTP like Prefect's own client: headers, timeouts, CSRF and retries (prefect-api.md 1.2, 1.3,
 * 1.4, 1.5). Throws PrefectApiError for every status of 400 and above, PrefectUnreachableError when
 * no answer came, PrefectConnectionError when a retry cannot help, and PrefectAnswerError for an
 * answer that is not the API's. Callers decide by these classes, so a failure must never surface as
 * another error.
 */
export class PrefectHttp {
  readonly #options: PrefectHttpOptions;
  readonly #csrf: CsrfTokens;
  readonly #place: ApiPlace;
  readonly #connections = new Semaphore(connectionsAtMost);
  readonly waits: ServerWaits;
  #hadSuccess = false;
  #hasTold = false;
  /** From the `Date` of the server's answers. */
  readonly server: RemoteClock;

  constructor(options: PrefectHttpOptions) {
    this.#options = options;
    this.#place = apiPlaceOf(options.apiUrl);
    this.server = new RemoteClock(options.clock);
    this.waits = new ServerWaits(options.clock, options.log);
    this.#csrf = new CsrfTokens(
      options.csrfSupportEnabled && !options.isCloud,
      options.clock,
      options.random,
    );
  }

  async send(request: PrefectRequest, signal: AbortSignal): Promise<PrefectAnswer> {
    const { clock, maxRetries } = this.#options;
    const startedMs = clock.monotonicMs();
    let counted = 0;
    for (let attempts = 1; ; attempts += 1) {
      const outcome = await this.#attempt(request, signal);
      if (outcome.kind === 'answer') return { ...outcome.answer, attempts };
      const isMaintenance =
        outcome.kind === 'status' &&
        outcome.response.headers.get('prefect-maintenance')?.toLowerCase() === 'true';
      if (!isMaintenance) counted += 1;
      if (request.retry === false || counted > maxRetries || !this.#isRetried(outcome))
        throw outcome.error;
      const waitMs = this.#waitMs(outcome, counted, request);
      const isTooLate = (aheadMs: number): boolean =>
        clock.monotonicMs() - startedMs + aheadMs > (request.retryWithinMs ?? Infinity);
      if (isTooLate(waitMs)) throw outcome.error;
      this.#tellFirst(outcome.error);
      await clock.sleep(waitMs, signal);
      if (isTooLate(0)) throw outcome.error; // the process was suspended meanwhile
    }
  }

  /**
   * At startup the user waits for a sign of life. Later the callers that retry log the failure
   * themselves.
   */
  #tellFirst(error: Error): void {
    if (this.#hadSuccess || this.#hasTold) return;
    this.#hasTold = true;
    this.#options.log.warning(`${error.message}. The worker will retry.`);
  }

  async #attempt(
    request: PrefectRequest,
    signal: AbortSignal,
  ): Promise<
    { readonly kind: 'answer'; readonly answer: Omit<PrefectAnswer, 'attempts'> } | Failure
  > {
    const changes = request.method !== 'GET';
    let response: FetchedResponse;
    let text: string;
    try {
      const token = changes
        ? await this.#csrf.headers((path) => this.#sendPlain(path, signal))
        : {};
      ({ response, text } = await this.#fetch(request, token, signal));
    } catch (error) {
      signal.throwIfAborted();
      return this.#failure(error, request);
    }
    const { status } = response;
    if (status < 400) {
      const body = await parsedAnswer(text);
      const isPage = isWebPage(body);
      if (isPage || status >= 300) {
        const flaw: AnswerFlaw = isPage
          ? { kind: 'web-page', place: this.#place }
          : { kind: 'no-answer' };
        return { kind: 'no-answer', error: new PrefectAnswerError({ ...request, status, flaw }) };
      }
      this.#hadSuccess = true;
      return { kind: 'answer', answer: { status, body, length: text.length } };
    }
    const wantsTls = refusedForWantOfTls(status, text, this.#options);
    if (wantsTls !== undefined) return wantsTls;
    const isCsrf = status === 403 && this.#csrf.healsRefusal(text);
    const detail = detailOf(text);
    return {
      kind: 'status',
      response,
      isCsrf,
      error: new PrefectApiError({
        status,
        method: request.method,
        path: request.path,
        detail,
        isWebPage: isWebPage(text),
        place: this.#place,
        sentAs: isCsrf ? undefined : this.#options.sentAs,
      }),
    };
  }

  /**
   * The token request is not an attempt of its own. Its failure is that of the request that needs
   * it.
   */
  async #sendPlain(path: string, signal: AbortSignal): Promise<{ status: number; text: string }> {
    const { response, text } = await this.#fetch({ method: 'GET', path }, {}, signal);
    return { status: response.status, text };
  }

  async #fetch(
    request: PrefectRequest,
    token: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<{ response: FetchedResponse; text: string }> {
    const { clock, requestTimeoutSeconds } = this.#options;
    using _connection = await this.#connections.take(signal);
    const ask = async (
      untilLate: AbortSignal,
    ): Promise<{ response: FetchedResponse; text: string }> => {
      const response = await this.#options.fetch(this.#options.apiUrl + request.path, {
        method: request.method,
        headers: { ...requestHeaders(this.#options, request.body !== undefined), ...token },
        ...(request.body !== undefined && { body: jsonTextOf(request.body) }),
        signal: untilLate,
      });
      this.server.note(response.headers.get('date'));
      return { response, text: await response.text() };
    };
    const lateMessage = `no answer within ${requestTimeoutSeconds} s`;
    return within(requestTimeoutSeconds * 1000, clock, signal, ask, lateMessage);
  }

  #failure(error: unknown, request: PrefectRequest): Failure {
    if (error instanceof PrefectApiError || error instanceof PrefectAnswerError)
      return { kind: 'no-answer', error };
    if (error instanceof TooLargeError) {
      const flaw = { kind: 'too-large', words: error.message, beginning: error.beginning } as const;
      return {
        kind: 'no-answer',
        error: new PrefectAnswerError({ ...request, status: 200, flaw }),
      };
    }
    return networkFailure(error, this.#options);
  }

  #isRetried(failure: Failure): boolean {
    if (failure.kind === 'no-answer') return false;
    if (failure.kind === 'network') {
      const { repetition } = failure;
      return repetition === 'useful' || (repetition === 'after-success' && this.#hadSuccess);
    }
    if (failure.isCsrf) return true;
    const { status } = failure.error;
    return retriedStatuses.includes(status) || this.#options.retryExtraCodes.includes(status);
  }

  #waitMs(failure: Failure, counted: number, { method, path }: PrefectRequest): number {
    const { random, retryJitterFactor: factor, clock } = this.#options;
    const header = failure.kind === 'status' ? failure.response.headers.get('retry-after') : null;
    const told = retryAfterMs(header, clock.now());
    if (told !== undefined)
      return this.waits.boundedMs(told, `${method} ${path}`) * (1 + factor * random.next());
    return jitteredMs(2 ** Math.max(1, counted) * 1000, factor, random);
  }
}

/** Users shape parts of answers. Parsing a huge one must not block the process. */
async function parsedAnswer(text: string): Promise<unknown> {
  if (text === '') return undefined;
  try {
    return await parseHeavy(text, nextTurn, usersMembers);
  } catch {
    return text;
  }
}
