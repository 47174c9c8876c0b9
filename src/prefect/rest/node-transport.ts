import { readFileSync } from 'node:fs';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { bytesOf } from '../../kernel/bytes.ts';
import { toError } from '../../kernel/errors.ts';
import type { FetchedResponse, FetchInit } from './http.ts';
import type { Transport, TransportOptions } from './transport-options.ts';

const unzip = promisify(gunzip);

/** As Prefect's own client (prefect-api.md 1.3): the balancer of Prefect Cloud closes idle connections after 30 s. */
const connections = { keepAlive: true, maxSockets: 16, maxFreeSockets: 8, timeout: 25_000 };
const redirectsAtMost = 20;

/** Where a redirect leads, and whether the request goes there as it is. */
const keepsMethod: readonly number[] = [307, 308];
const redirects: readonly number[] = [301, 302, 303, ...keepsMethod];

/**
 * HTTP by Node's own client. Its `fetch` takes four times the processor and the memory for the same call: streams, copies
 * of requests and signals that nobody here needs.
 */
export function nodeTransport(options: Omit<TransportOptions, 'usesProxy'>): Transport {
  const agents: Agents = {
    http: new HttpAgent(connections),
    https: new HttpsAgent({
      ...connections,
      ...(options.tlsInsecureSkipVerify && { rejectUnauthorized: false }),
      ...(options.sslCertFile !== undefined && { ca: readFileSync(options.sslCertFile, 'utf8') }),
    }),
  };
  return {
    fetch: (url, init) => following(new URL(url), init, agents),
    [Symbol.asyncDispose]: () => {
      agents.http.destroy();
      agents.https.destroy();
      return Promise.resolve();
    },
  };
}

interface Agents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
}

async function following(first: URL, init: FetchInit, agents: Agents): Promise<FetchedResponse> {
  let [url, sent] = [first, init];
  for (let redirected = 0; ; redirected += 1) {
    const response = await sendOnce(url, sent, agents);
    const status = response.statusCode ?? 0;
    const { location } = response.headers;
    if (!redirects.includes(status) || location === undefined) return answerOf(response, status, init.signal);
    if (redirected === redirectsAtMost) throw new Error(`redirected more than ${redirectsAtMost} times`);
    response.resume();
    const next = new URL(location, url);
    sent = redirectedInit(sent, status, next.origin === url.origin);
    url = next;
  }
}

/** Credentials go to no other origin. */
function redirectedInit(init: FetchInit, status: number, isSameOrigin: boolean): FetchInit {
  const headers = isSameOrigin
    ? init.headers
    : Object.fromEntries(
        Object.entries(init.headers).filter(([name]) => !/^(authorization|cookie)$/i.test(name)),
      );
  if (keepsMethod.includes(status)) return { ...init, headers };
  return { method: init.method === 'HEAD' ? 'HEAD' : 'GET', headers, signal: init.signal };
}

/** Once more at once where the server closed a kept connection while the request was on its way. */
async function sendOnce(url: URL, init: FetchInit, agents: Agents): Promise<IncomingMessage> {
  try {
    return await send(url, init, agents);
  } catch (error) {
    if (error instanceof StaleConnectionError) return send(url, init, agents);
    throw error;
  }
}

class StaleConnectionError extends Error {
  override readonly name = 'StaleConnectionError';
  readonly code = 'ECONNRESET';
}

function send(url: URL, init: FetchInit, agents: Agents): Promise<IncomingMessage> {
  const { method, body, signal } = init;
  return new Promise((resolve, reject) => {
    const isSecure = url.protocol === 'https:';
    const bytes = body === undefined ? undefined : Buffer.from(body);
    const headers = {
      'accept-encoding': 'gzip',
      ...init.headers,
      ...(bytes !== undefined && { 'content-length': String(bytes.length) }),
    };
    const request = isSecure
      ? httpsRequest(url, { method, headers, signal, agent: agents.https }, resolve)
      : httpRequest(url, { method, headers, signal, agent: agents.http }, resolve);
    request.on('error', (error: NodeJS.ErrnoException) => {
      const isStale = request.reusedSocket && error.code === 'ECONNRESET' && !signal.aborted;
      reject(isStale ? new StaleConnectionError(error.message, { cause: error }) : reasonOr(error, signal));
    });
    request.end(bytes);
  });
}

async function answerOf(
  response: IncomingMessage,
  status: number,
  signal: AbortSignal,
): Promise<FetchedResponse> {
  const bytes = await bytesOf(response).catch((error: unknown) => {
    throw reasonOr(toError(error), signal);
  });
  const isZipped = response.headers['content-encoding'] === 'gzip';
  const text = (isZipped ? await unzip(bytes) : bytes).toString('utf8');
  return {
    status,
    headers: { get: (name) => [response.headers[name.toLowerCase()] ?? []].flat().join(', ') || null },
    text: () => Promise.resolve(text),
  };
}

/** Why it was given up, where it was: Node says no more than that it was aborted. */
function reasonOr(error: Error, signal: AbortSignal): Error {
  return signal.aborted && signal.reason instanceof Error ? signal.reason : error;
}
