import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Disconnect } from './disconnect.ts';
import type { SocketHandler } from './sockets.ts';
import { headersOf, urlOf } from './incoming.ts';
import { serveUpgrades } from './serve-upgrades.ts';

/** A server without a socket: a request in, a response out. */
export type RequestHandler = (request: Request) => Promise<Response>;

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
    const body = Buffer.from(await response.arrayBuffer());
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

function refusalOf(incoming: IncomingMessage): Response | undefined {
  const { host, origin } = incoming.headers;
  if (host !== undefined && !isLoopback(`http://${host}`)) {
    return new Response(`Host '${host}' is not this machine.`, { status: 403 });
  }
  if (origin !== undefined && !isLoopback(origin)) {
    return new Response(`Origin '${origin}' may not use this server.`, { status: 403 });
  }
  return undefined;
}

function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false;
  return loopbackHosts.includes(new URL(url).hostname.replace(/^\[|\]$/g, ''));
}

async function toRequest(incoming: IncomingMessage, signal: AbortSignal): Promise<Request> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  const method = incoming.method ?? 'GET';
  const hasBody = method !== 'GET' && method !== 'HEAD';
  return new Request(urlOf(incoming), {
    method,
    headers: headersOf(incoming),
    signal,
    ...(hasBody && { body: Buffer.concat(chunks) }),
  });
}
