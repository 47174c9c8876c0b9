import { z } from 'zod';
import { PrefectApiError, PrefectUnreachableError } from '../../core/prefect/api-error.ts';
import { jitteredMs } from '../../kernel/backoff.ts';
import { nextTurn, type Clock } from '../../kernel/clock.ts';
import { toError } from '../../kernel/errors.ts';
import { parseHeavy } from '../../kernel/heavy-json.ts';
import type { Random } from '../../kernel/random.ts';
import { within } from '../../kernel/deadline.ts';
import { CsrfTokens } from './csrf.ts';
import { requestHeaders, type HeaderOptions } from './headers.ts';
import { Semaphore } from '../../kernel/semaphore.ts';
import { RemoteClock } from '../../kernel/remote-clock.ts';

/** What is read of an answer. */
export interface FetchedResponse {
  readonly status: number;
  readonly headers: Pick<Headers, 'get'>;
  text(): Promise<string>;
}

/** What `fetch` is to us: a request in, a response out, or a rejection when none came. */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchedResponse>;

export interface FetchInit {
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

export interface PrefectHttpOptions extends HeaderOptions {
  /** Which setting `apiKey` or `authString` is, and where it stands; a refusal shows it. */
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
}

export interface PrefectRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Below the base URL; names in it percent-encoded. */
  readonly path: string;
  readonly body?: unknown;
  /** `false`: one attempt. */
  readonly retry?: boolean;
  /** No repetition begins later than this after the first attempt. */
  readonly retryWithinMs?: number;
}

export interface PrefectAnswer {
  readonly status: number;
  /** The parsed body; undefined when there is none. */
  readonly body: unknown;
  /** With more than one, what was sent may arrive more than once, and late. */
  readonly attempts: number;
}

const connectionsAtMost = 16;
const retriedStatuses: readonly number[] = [408, 429, 502, 503];

/** What came of one attempt that may be repeated. */
type Failure =
  | { readonly kind: 'status'; readonly error: PrefectApiError; readonly response: FetchedResponse }
  | { readonly kind: 'network'; readonly error: PrefectUnreachableError; readonly refused: boolean };

/**
 * HTTP as Prefect's own client speaks it: headers, CSRF, timeouts and repetitions (prefect-api.md 1.2 to 1.5). Every
 * status of 400 and above is thrown as PrefectApiError, no answer as PrefectUnreachableError.
 */
export class PrefectHttp {
  readonly #options: PrefectHttpOptions;
  readonly #csrf: CsrfTokens;
  readonly #connections = new Semaphore(connectionsAtMost);
  #hadSuccess = false;
  /** By the `Date` of what the server answers. */
  readonly server: RemoteClock;

  constructor(options: PrefectHttpOptions) {
    this.#options = options;
    this.server = new RemoteClock(options.clock);
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
      if (request.retry === false || counted > maxRetries || !this.#isRetried(outcome)) throw outcome.error;
      const waitMs = this.#waitMs(outcome, counted);
      const isTooLate = (aheadMs: number): boolean =>
        clock.monotonicMs() - startedMs + aheadMs > (request.retryWithinMs ?? Infinity);
      if (isTooLate(waitMs)) throw outcome.error;
      await clock.sleep(waitMs, signal);
      if (isTooLate(0)) throw outcome.error; // the process stood still meanwhile
    }
  }

  async #attempt(
    request: PrefectRequest,
    signal: AbortSignal,
  ): Promise<{ readonly kind: 'answer'; readonly answer: Omit<PrefectAnswer, 'attempts'> } | Failure> {
    const changes = request.method !== 'GET';
    const token = changes ? await this.#csrf.headers((path) => this.#sendPlain(path, signal)) : {};
    let response: FetchedResponse;
    let text: string;
    try {
      ({ response, text } = await this.#fetch(request, token, signal));
    } catch (error) {
      signal.throwIfAborted();
      return this.#networkFailure(error);
    }
    if (response.status < 400) {
      this.#hadSuccess = true;
      return { kind: 'answer', answer: { status: response.status, body: await parsedBody(text) } };
    }
    const isCsrf = response.status === 403 && text.includes('Invalid CSRF token');
    if (isCsrf) this.#csrf.forget();
    const detail = await detailOf(text);
    return {
      kind: 'status',
      response,
      error: new PrefectApiError({
        status: response.status,
        method: request.method,
        path: request.path,
        detail,
        sentAs: isCsrf ? undefined : this.#options.sentAs,
      }),
    };
  }

  /** The token request is no attempt of its own: its failure is that of the request that needs it. */
  async #sendPlain(path: string, signal: AbortSignal): Promise<{ status: number; text: string }> {
    try {
      const { response, text } = await this.#fetch({ method: 'GET', path }, {}, signal);
      return { status: response.status, text };
    } catch (error) {
      signal.throwIfAborted();
      throw this.#networkFailure(error).error;
    }
  }

  async #fetch(
    request: PrefectRequest,
    token: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<{ response: FetchedResponse; text: string }> {
    const { clock, requestTimeoutSeconds } = this.#options;
    using _connection = await this.#connections.take(signal);
    const ask = async (untilLate: AbortSignal): Promise<{ response: FetchedResponse; text: string }> => {
      const response = await this.#options.fetch(this.#options.apiUrl + request.path, {
        method: request.method,
        headers: { ...requestHeaders(this.#options, request.body !== undefined), ...token },
        ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
        signal: untilLate,
      });
      this.server.note(response.headers.get('date'));
      return { response, text: await response.text() };
    };
    const lateMessage = `no answer within ${requestTimeoutSeconds} s`;
    return within(requestTimeoutSeconds * 1000, clock, signal, ask, lateMessage);
  }

  #networkFailure(error: unknown): Extract<Failure, { kind: 'network' }> {
    const code = codeOf(error);
    const reason = code ?? toError(error).message;
    return {
      kind: 'network',
      refused: code === 'ECONNREFUSED' || code === 'ENOTFOUND' || code === 'EAI_AGAIN',
      error: new PrefectUnreachableError(this.#options.apiUrl, reason, { cause: error }),
    };
  }

  #isRetried(failure: Failure): boolean {
    if (failure.kind === 'network') return this.#hadSuccess || !failure.refused;
    const { status, detail } = failure.error;
    if (status === 403) return detail?.includes('Invalid CSRF token') === true;
    return retriedStatuses.includes(status) || this.#options.retryExtraCodes.includes(status);
  }

  #waitMs(failure: Failure, counted: number): number {
    const { random, retryJitterFactor: factor, clock } = this.#options;
    const told = failure.kind === 'status' ? retryAfterMs(failure.response, clock.now()) : undefined;
    if (told !== undefined) return told * (1 + factor * random.next());
    return jitteredMs(2 ** Math.max(1, counted) * 1000, factor, random);
  }
}

/** `Retry-After` as seconds or as a date (Python takes only the first). */
function retryAfterMs(response: FetchedResponse, now: Date): number | undefined {
  const header = response.headers.get('retry-after');
  if (header === null) return undefined;
  const seconds = Number(header);
  if (Number.isFinite(seconds)) return Math.max(0, seconds * 1000);
  const date = new Date(header).getTime();
  return Number.isNaN(date) ? undefined : Math.max(0, date - now.getTime());
}

/** Users shape parts of answers, and may not hold up the process with them. */
async function parsedBody(text: string): Promise<unknown> {
  if (text === '') return undefined;
  try {
    return await parseHeavy(text, nextTurn);
  } catch {
    return text;
  }
}

const ErrorBody = z.object({ detail: z.unknown().optional(), exception_message: z.string().optional() });

const longestDetail = 500;

/** The server's own words. What it repeats of our request is left out: it may carry secrets. */
async function detailOf(text: string): Promise<string | undefined> {
  const parsed = ErrorBody.safeParse(await parsedBody(text));
  if (!parsed.success) return undefined;
  const { detail, exception_message: message } = parsed.data;
  const words =
    typeof detail === 'string'
      ? detail
      : (message ?? (detail === undefined ? undefined : JSON.stringify(detail)));
  return words?.slice(0, longestDetail);
}

/** The system's code of a failed connection, which fetch keeps among the causes. */
function codeOf(error: unknown): string | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if ('code' in cause && typeof cause.code === 'string') return cause.code;
    if (cause instanceof AggregateError && cause.errors.length > 0) return codeOf(cause.errors[0]);
  }
  return undefined;
}
