import { Answer, type LocalRequest } from './message.ts';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Disconnect } from './disconnect.ts';
import type { SocketHandler } from './sockets.ts';
import { headersOf, urlOf } from './incoming.ts';
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
  /** Without it every request to open a WebSocket is refused. */
  readonly sockets?: SocketHandler;
}

const loopbackHosts: readonly string[] = ['127.0.0.1', '::1', 'localhost'];

/**
 * Serves a handler on this machine only. Another address is refused, and so is a request whose `Host` names one (a page
 * that rebinds its name) or that a web page of another origin sent.
 */
export async function serveOnLoopback(
  handler: RequestHandler,
  options: LoopbackOptions,
  signal: AbortSignal,
): Promise<LoopbackServer> {
  const host = options.host ?? '127.0.0.1';
  if (!loopbackHosts.includes(host)) {
    throw new Error(
      `'${host}' is not an address of this machine alone; a local server binds 127.0.0.1, ::1 or localhost.`,
    );
  }
  signal.throwIfAborted();
  const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
    void answer(handler, request, response);
  });
  const endSockets = serveUpgrades(server, options.sockets, refusalOf);
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
  handler: RequestHandler,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const gone = new AbortController();
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) gone.abort(new Disconnect('the client gave up'));
  });
  try {
    const refusal = refusalOf(incoming);
    const response = refusal ?? (await handler(await toRequest(incoming, gone.signal)));
    const body = Buffer.from(response.body);
    const headers = Object.fromEntries(response.headers);
    outgoing.writeHead(response.status, { ...headers, 'content-length': String(body.length) }).end(body);
  } catch (error) {
    if (error instanceof Disconnect) {
      incoming.socket.resetAndDestroy();
      return;
    }
    if (!outgoing.headersSent) outgoing.writeHead(500, { 'content-type': 'text/plain' });
    outgoing.end(error instanceof Error ? error.message : 'internal error');
  }
}

const plain = { 'content-type': 'text/plain; charset=utf-8' };

function refusalOf(incoming: IncomingMessage): Answer | undefined {
  const { host, origin } = incoming.headers;
  if (host !== undefined && !isLoopback(`http://${host}`)) {
    return new Answer(403, `Host '${host}' is not this machine.`, plain);
  }
  if (origin !== undefined && !isLoopback(origin)) {
    return new Answer(403, `Origin '${origin}' may not use this server.`, plain);
  }
  return undefined;
}

function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false;
  return loopbackHosts.includes(new URL(url).hostname.replace(/^\[|\]$/g, ''));
}

async function toRequest(incoming: IncomingMessage, signal: AbortSignal): Promise<LocalRequest> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  const body = Buffer.concat(chunks).toString('utf8');
  return {
    method: incoming.method ?? 'GET',
    url: urlOf(incoming),
    headers: headersOf(incoming),
    signal,
    text: () => Promise.resolve(body),
  };
}
