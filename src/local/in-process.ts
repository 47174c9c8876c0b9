import { Readable } from 'node:stream';
import { PlainHeaders, type Answer, type LocalRequest } from './message.ts';
import { Disconnect } from './disconnect.ts';
import type { RequestHandler } from './serve.ts';
import { socketPair, type SocketEnd, type SocketHandler } from './sockets.ts';

export interface InProcessInit {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/**
 * `fetch`, as far as the clients here use it, to a handler without a socket. A reset looks as in
 * Node.
 */
export function inProcessFetch(
  handler: RequestHandler,
): (url: string, init: InProcessInit) => Promise<Answer> {
  return async (url, { method, headers, body = '', signal }) => {
    signal.throwIfAborted();
    try {
      return await unlessAborted(handler(plainRequest(method, url, headers, body, signal)), signal);
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof Disconnect
        ? new TypeError('fetch failed', { cause: resetError() })
        : error;
    }
  };
}

/** The relevant parts of what an AWS SDK client passes to its request handler. */
export interface SdkRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number | undefined;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | readonly string[] | null>> | undefined;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** @internal */
export interface SdkResponse {
  readonly response: {
    readonly statusCode: number;
    readonly headers: Record<string, string>;
    readonly body: Readable;
  };
}

/** @internal `requestHandler` of an AWS SDK client that reaches a handler without a socket. */
export function inProcessRequestHandler(handler: RequestHandler) {
  return {
    handle: async (
      sdkRequest: SdkRequest,
      options: { readonly abortSignal?: unknown } = {},
    ): Promise<SdkResponse> => {
      const { abortSignal } = options;
      const signal =
        abortSignal instanceof AbortSignal ? abortSignal : new AbortController().signal;
      signal.throwIfAborted();
      const { method, headers } = sdkRequest;
      const request = plainRequest(
        method,
        urlOf(sdkRequest),
        headers,
        bodyOf(sdkRequest.body),
        signal,
      );
      try {
        const answer = await unlessAborted(handler(request), signal);
        const body = Readable.from([Buffer.from(answer.body)], { objectMode: false });
        return {
          response: {
            statusCode: answer.status,
            headers: Object.fromEntries(answer.headers),
            body,
          },
        };
      } catch (error) {
        signal.throwIfAborted();
        throw error instanceof Disconnect ? resetError() : error;
      }
    },
    destroy: (): void => undefined,
  };
}

function plainRequest(
  method: string,
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  signal: AbortSignal,
): LocalRequest {
  return {
    method,
    url,
    headers: new PlainHeaders(headers),
    signal,
    text: () => Promise.resolve(body),
  };
}

function urlOf({ protocol, hostname, port, path, query }: SdkRequest): string {
  const url = new URL(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`);
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const one of Array.isArray(value) ? value : [value ?? ''])
      url.searchParams.append(name, String(one));
  }
  return url.href;
}

function bodyOf(body: unknown): string {
  if (body === undefined || body === null) return '';
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array) return Buffer.from(body).toString('utf8');
  throw new TypeError('the AWS SDK sent a body that is neither text nor bytes');
}

/** A client that aborts does not wait for a handler that ignores the signal. */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void =>
      reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
    return undefined;
  });
}

function resetError(): Error {
  return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET', name: 'TimeoutError' });
}

export interface SocketOptions {
  readonly protocols?: readonly string[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

export type SocketOpening =
  | { readonly kind: 'open'; readonly socket: SocketEnd; readonly protocol: string | undefined }
  /** The upgrade was answered with an HTTP status instead. */
  | { readonly kind: 'refused'; readonly status: number };

export type SocketConnector = (url: string, options?: SocketOptions) => Promise<SocketOpening>;

/** Opens WebSockets to a handler without a socket. A reset rejects like a broken connection. */
export function inProcessSocket(handler: SocketHandler): SocketConnector {
  return async (url, options = {}) => {
    const signal = options.signal ?? new AbortController().signal;
    signal.throwIfAborted();
    const request = {
      url: url.replace(/^ws/, 'http'),
      headers: new PlainHeaders(options.headers),
      signal,
    };
    let opened: { readonly socket: SocketEnd; readonly protocol: string | undefined } | undefined;
    const accept = (protocol?: string): SocketEnd => {
      const [client, server] = socketPair();
      opened = { socket: client, protocol };
      return server;
    };
    try {
      const upgrade = { request, protocols: options.protocols ?? [], accept };
      const refusal = await unlessAborted(handler(upgrade), signal);
      if (opened !== undefined) return { kind: 'open', ...opened };
      return { kind: 'refused', status: refusal?.status ?? 403 };
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof Disconnect ? resetError() : error;
    }
  };
}
