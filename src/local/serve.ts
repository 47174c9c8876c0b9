import { Answer, type LocalRequest } from './message.ts';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Disconnect } from './disconnect.ts';
import type { SocketHandler } from './sockets.ts';
import { bodyOf, headersOf, urlOf } from './incoming.ts';
import { refusalOf } from './loopback-rules.ts';
import { serveUpgrades } from './serve-upgrades.ts';

/** A server without a socket: a request in, a response out. */
export type RequestHandler = (request: LocalRequest) => Promise<Answer>;

export interface LoopbackServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

export interface LoopbackOptions {
  readonly host?: string;
  readonly port?: number;
  /** Without it, every request to open a WebSocket is refused. */
  readonly sockets?: SocketHandler;
  /**
   * Larger bodies and messages are refused, bodies with 413. Default: 16 MiB, more than any call of
   * AWS or Prefect needs.
   */
  readonly mostBytes?: number;
}

const loopbackHosts: readonly string[] = ['127.0.0.1', '::1', 'localhost'];
const defaultMostBytes = 16 * 1024 * 1024;

/**
 * Serves a handler on this machine only and not to web pages (`loopback-rules.ts`). Any other
 * address is refused.
 */
export async function serveOnLoopback(
  handler: RequestHandler,
  options: LoopbackOptions,
  signal: AbortSignal,
): Promise<LoopbackServer> {
  const host = options.host ?? '127.0.0.1';
  if (!loopbackHosts.includes(host)) {
    throw new Error(
      `A local server listens only on this machine: 127.0.0.1, ::1 or localhost. '${host}' is ` +
        'none of them.',
    );
  }
  signal.throwIfAborted();
  const mostBytes = options.mostBytes ?? defaultMostBytes;
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    void answer({ handler, mostBytes }, request, response);
  });
  const endSockets = serveUpgrades(server, options.sockets, mostBytes);
  await listening(server, options.port ?? 0, host);
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const shownHost = host === '::1' ? '[::1]' : host;
  return {
    url: `http://${shownHost}:${address.port}`,
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        endSockets();
        server.closeAllConnections();
      }),
  };
}

function listening(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve());
  });
}

async function answer(
  { handler, mostBytes }: { readonly handler: RequestHandler; readonly mostBytes: number },
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) gone.abort(new Disconnect('the client disconnected'));
  });
  try {
    const response =
      refusalOf(incoming) ?? (await answerOf(handler, incoming, mostBytes, gone.signal));
    const body = Buffer.from(response.body);
    const headers = Object.fromEntries(response.headers);
    outgoing
      .writeHead(response.status, { ...headers, ...closed, 'content-length': String(body.length) })
      .end(body);
  } catch (error) {
    if (error instanceof Disconnect) {
      incoming.socket.resetAndDestroy();
      return;
    }
    if (!outgoing.headersSent) outgoing.writeHead(500, { 'content-type': 'text/plain' });
    outgoing.end(error instanceof Error ? error.message : 'internal error');
  }
}

/** Keeps pages from loading an answer as a script, an image or a document. */
const closed = {
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'same-origin',
};

async function answerOf(
  handler: RequestHandler,
  incoming: IncomingMessage,
  mostBytes: number,
  signal: AbortSignal,
): Promise<Answer> {
  const declaredBytes = Number(incoming.headers['content-length'] ?? 0);
  const body = declaredBytes > mostBytes ? undefined : await bodyOf(incoming, mostBytes);
  if (body === undefined) {
    return new Answer(413, `The request body is larger than ${mostBytes} bytes.`, {
      'content-type': 'text/plain; charset=utf-8',
    });
  }
  return handler({
    method: incoming.method ?? 'GET',
    url: urlOf(incoming),
    headers: headersOf(incoming),
    signal,
    text: () => Promise.resolve(body),
  });
}
