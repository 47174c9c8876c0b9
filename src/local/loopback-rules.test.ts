import { request as httpRequest, type OutgoingHttpHeaders } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { sharedAbortController } from '../kernel/abort.ts';
import { Answer } from './message.ts';
import { serveOnLoopback, type LoopbackServer } from './serve.ts';

const never = sharedAbortController().signal;
const mostBytes = 1000;

let server: LoopbackServer;
let reached = 0;
beforeAll(async () => {
  const handler = async (): Promise<Answer> => {
    reached += 1;
    return new Answer(200, 'ok');
  };
  const sockets = async (upgrade: { accept(): unknown }): Promise<undefined> => {
    reached += 1;
    upgrade.accept();
    return undefined;
  };
  server = await serveOnLoopback(handler, { sockets, mostBytes }, never);
});
afterAll(() => server.close());

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly chunks?: readonly string[];
}

/** Requests that `fetch` would not send: any header, any path, a body without its length. */
function send({
  method = 'POST',
  path = '/',
  headers = {},
  chunks = ['{}'],
}: Sent): Promise<number> {
  return new Promise((resolve, reject) => {
    const client = httpRequest(
      { host: '127.0.0.1', port: server.port, method, path, headers },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    client.on('error', reject);
    for (const chunk of chunks) client.write(chunk);
    client.end();
  });
}

const at = (host: string): string => `${host}:${server.port}`;

describe('A server on loopback is reached', () => {
  it.each(['127.0.0.1', 'localhost', '[::1]', 'LOCALHOST'])('by its name %s', async (name) => {
    expect(await send({ headers: { host: at(name) } })).toBe(200);
  });

  it.each([
    ['application/json', {}],
    ['application/x-amz-json-1.1', {}],
    ['application/x-amz-json-1.0', {}],
    ['application/x-www-form-urlencoded; charset=utf-8', { authorization: 'AWS4-HMAC-SHA256 ...' }],
  ])('with the content type %s', async (type, more) => {
    expect(await send({ headers: { 'content-type': type, ...more } })).toBe(200);
  });

  it('without a content type, as by older Prefect clients', async () => {
    expect(await send({})).toBe(200);
  });

  it('from its own origin, by a typed address, and with the longest body', async () => {
    expect(await send({ headers: { origin: server.url } })).toBe(200);
    expect(await send({ method: 'GET', chunks: [], headers: { 'sec-fetch-site': 'none' } })).toBe(
      200,
    );
    expect(await send({ chunks: ['x'.repeat(mostBytes)] })).toBe(200);
  });
});

describe('A server on loopback refuses, before its handler is called,', () => {
  const refused: readonly (readonly [string, () => Sent, number])[] = [
    [
      'a name that was bound to this address',
      () => ({ headers: { host: at('evil.example') } }),
      403,
    ],
    ['its address with another port', () => ({ headers: { host: '127.0.0.1:1' } }), 403],
    ['its address without a port', () => ({ headers: { host: '127.0.0.1' } }), 403],
    ['another address of this machine', () => ({ headers: { host: at('127.0.0.2') } }), 403],
    ['a name that ends like its own', () => ({ headers: { host: at('evil.localhost') } }), 403],
    ['a name with a user', () => ({ headers: { host: at('127.0.0.1@evil.example') } }), 403],
    ['a foreign origin', () => ({ headers: { origin: 'https://evil.example' } }), 403],
    ['the origin `null` of sandboxed pages', () => ({ headers: { origin: 'null' } }), 403],
    ['another port of this machine', () => ({ headers: { origin: 'http://127.0.0.1:3000' } }), 403],
    ['another scheme', () => ({ headers: { origin: server.url.replace('http', 'https') } }), 403],
    [
      'its own origin by another name',
      () => ({ headers: { origin: `http://${at('localhost')}` } }),
      403,
    ],
    [
      'a request that another site sent, according to the browser',
      () => ({ headers: { 'sec-fetch-site': 'cross-site' } }),
      403,
    ],
    ['a page on another port', () => ({ headers: { 'sec-fetch-site': 'same-site' } }), 403],
    [
      'an image of a page',
      () => ({ method: 'GET', chunks: [], headers: { 'sec-fetch-site': 'cross-site' } }),
      403,
    ],
    ['text/plain', () => ({ headers: { 'content-type': 'text/plain' } }), 415],
    [
      'text/plain, written otherwise',
      () => ({ headers: { 'content-type': ' Text/Plain ;charset=UTF-8' } }),
      415,
    ],
    [
      'a form with files',
      () => ({ headers: { 'content-type': 'multipart/form-data; boundary=x' } }),
      415,
    ],
    [
      'an unsigned form',
      () => ({ headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
      415,
    ],
    ['a proxy request', () => ({ path: 'http://evil.example/' }), 400],
    [
      'a body whose header announces too many bytes',
      () => ({ chunks: ['x'.repeat(mostBytes + 1)], headers: { 'content-length': mostBytes + 1 } }),
      413,
    ],
    ['a body that turns out to be too long', () => ({ chunks: ['x'.repeat(mostBytes), 'x'] }), 413],
  ];

  it.each(refused)('%s', async (_name, sent, status) => {
    const before = reached;

    expect(await send(sent())).toBe(status);
    expect(reached).toBe(before);
  });

  it.each([
    ['a name that was bound to this address', () => ({ host: at('evil.example') })],
    ['a foreign origin', () => ({ origin: 'http://evil.example' })],
    ['the origin `null`', () => ({ origin: 'null' })],
    ['another port', () => ({ origin: 'http://127.0.0.1:3000' })],
    [
      'a request that another site sent, according to the browser',
      () => ({ 'sec-fetch-site': 'cross-site' }),
    ],
  ])('a WebSocket from %s', async (_name, headers) => {
    const before = reached;

    const status = await new Promise((resolve) => {
      const socket = new WebSocket(server.url.replace('http', 'ws'), { headers: headers() });
      socket.on('unexpected-response', (_request, response) => resolve(response.statusCode));
      socket.on('open', () => resolve('open'));
    });

    expect(status).toBe(403);
    expect(reached).toBe(before);
  });
});
