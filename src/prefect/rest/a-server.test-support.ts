import { readFileSync } from 'node:fs';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { FetchInit } from './http.ts';
import { nodeTransport } from './node-transport.ts';
import type { Transport, TransportOptions } from './transport-options.ts';

export const never = new AbortController().signal;
export const certificates = new URL('../../../test/contract/certificates/', import.meta.url);
const open: AsyncDisposable[] = [];
/** Call after each test: ends its servers and transports. */
export async function closeAll(): Promise<void> {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
}

/** A server of this test, closed after it. */
export async function serve(listener: RequestListener, isSecure = false): Promise<string> {
  const pem = (name: string): string => readFileSync(new URL(name, certificates), 'utf8');
  const server = isSecure
    ? createSecureServer(
        { cert: pem('for-tests-only.cert.pem'), key: pem('for-tests-only.key.pem') },
        listener,
      )
    : createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  open.push({
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  });
  const { port } = server.address() as AddressInfo; // it listens on a port
  return `${isSecure ? 'https' : 'http'}://127.0.0.1:${port}`;
}

/** A transport of this test, closed after it. */
export function transport(
  options: Partial<TransportOptions> = {},
  make: (options: Omit<TransportOptions, 'usesProxy'>) => Transport = nodeTransport,
): Transport {
  const made = make({ tlsInsecureSkipVerify: false, sslCertFile: undefined, ...options });
  open.push(made);
  return made;
}

export const post = (body: string, init: Partial<FetchInit> = {}): FetchInit => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json', Authorization: 'Bearer key' },
  body,
  signal: never,
  ...init,
});

/** Answers with the request it received. */
export async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, headers } = request;
  const { authorization, 'content-type': type, 'content-length': length } = headers;
  const body = await text(request);
  response.end(JSON.stringify({ method, authorization, type, length, body }));
}
