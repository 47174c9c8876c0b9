import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

/** A server without a socket: a request in, a response out. */
export type RequestHandler = (request: Request) => Promise<Response>;

export interface LoopbackServer {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

const loopbackHosts: readonly string[] = ['127.0.0.1', '::1', 'localhost'];

/**
 * Serves a handler on this machine only. Another address is refused, and so is a request whose `Host` names one (a page
 * that rebinds its name) or that a web page of another origin sent.
 */
export async function serveOnLoopback(
  handler: RequestHandler,
  options: { readonly host?: string; readonly port?: number },
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
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, () => resolve());
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const shownHost = host === '::1' ? '[::1]' : host;
  return {
    url: `http://${shownHost}:${address.port}`,
    port: address.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(
  handler: RequestHandler,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  try {
    const refusal = refusalOf(incoming);
    const response = refusal ?? (await handler(await toRequest(incoming)));
    const body = Buffer.from(await response.arrayBuffer());
    const headers = Object.fromEntries(response.headers);
    outgoing.writeHead(response.status, { ...headers, 'content-length': String(body.length) }).end(body);
  } catch (error) {
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

async function toRequest(incoming: IncomingMessage): Promise<Request> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(Buffer.from(chunk));
  const headers = new Headers();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined && !name.startsWith(':'))
      headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  const method = incoming.method ?? 'GET';
  const hasBody = method !== 'GET' && method !== 'HEAD';
  return new Request(`http://${incoming.headers.host ?? '127.0.0.1'}${incoming.url ?? '/'}`, {
    method,
    headers,
    ...(hasBody && { body: Buffer.concat(chunks) }),
  });
}
