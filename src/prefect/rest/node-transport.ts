import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { certificatesIn } from '../../kernel/certificate-file.ts';
import { toError } from '../../kernel/errors.ts';
import type { FetchInit } from './http.ts';
import { acceptedEncoding, type WireResponse } from './one-exchange.ts';
import { orOtherScheme } from './other-scheme.ts';
import { fetchOver } from './redirects.ts';
import { certFileSetting, type Transport, type TransportOptions } from './transport-options.ts';

/**
 * The limits of Prefect's own client. The load balancer of Prefect Cloud closes idle connections
 * after 30 s; ours close earlier, else a request meets a closed connection (prefect-api.md 1.3).
 */
const connections = { keepAlive: true, maxSockets: 16, maxFreeSockets: 8, timeout: 25_000 };

/**
 * HTTP by Node's own client. Node's `fetch` takes four times the CPU and memory for the same call:
 * streams, copies of requests and signals that are not needed here.
 */
export function nodeTransport(options: Omit<TransportOptions, 'usesProxy'>): Transport {
  const agents: Agents = {
    http: new HttpAgent(connections),
    https: new HttpsAgent({
      ...connections,
      ...(options.tlsInsecureSkipVerify && { rejectUnauthorized: false }),
      ...(options.sslCertFile !== undefined && {
        ca: certificatesIn(options.sslCertFile, certFileSetting),
      }),
    }),
  };
  return {
    fetch: fetchOver(async (url, init) => {
      try {
        return wireResponse(await sendOnce(url, init, agents));
      } catch (error) {
        throw init.signal.aborted ? error : await orOtherScheme(toError(error), url);
      }
    }),
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

function wireResponse(response: IncomingMessage): WireResponse {
  return { status: response.statusCode ?? 0, headers: response.headers, body: response };
}

/** Sends once more if the server closed a kept connection while the request was being sent. */
async function sendOnce(url: URL, init: FetchInit, agents: Agents): Promise<IncomingMessage> {
  try {
    return await send(url, init, agents);
  } catch (error) {
    if (error instanceof StaleConnectionError) return send(url, init, agents);
    throw error;
  }
}

/** The server closed a kept connection while the request was on its way, as it may at any time. */
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
      'accept-encoding': acceptedEncoding,
      ...init.headers,
      ...(bytes !== undefined && { 'content-length': String(bytes.length) }),
    };
    const request = isSecure
      ? httpsRequest(url, { method, headers, signal, agent: agents.https }, resolve)
      : httpRequest(url, { method, headers, signal, agent: agents.http }, resolve);
    request.on('error', (error: NodeJS.ErrnoException) => {
      const isStale = request.reusedSocket && error.code === 'ECONNRESET' && !signal.aborted;
      reject(
        isStale
          ? new StaleConnectionError(error.message, { cause: error })
          : reasonOr(error, signal),
      );
    });
    request.end(bytes);
  });
}

/** The reason of the abort, because Node's own error says only that there was one. */
function reasonOr(error: Error, signal: AbortSignal): Error {
  return signal.aborted && signal.reason instanceof Error ? signal.reason : error;
}
