import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import type { FetchInit } from './http.ts';
import { nodeTransport } from './node-transport.ts';

const never = new AbortController().signal;
const certificates = new URL('../../../test/contract/certificates/', import.meta.url);
const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

async function serve(listener: RequestListener, isSecure = false): Promise<string> {
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

function transport(options: { sslCertFile?: string; tlsInsecureSkipVerify?: boolean } = {}) {
  const made = nodeTransport({ tlsInsecureSkipVerify: false, sslCertFile: undefined, ...options });
  open.push(made);
  return made;
}

const post = (body: string, init: Partial<FetchInit> = {}): FetchInit => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json', Authorization: 'Bearer key' },
  body,
  signal: never,
  ...init,
});

/** Answers with what it was sent. */
async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method, headers } = request;
  const { authorization, 'content-type': type, 'content-length': length } = headers;
  const body = await text(request);
  response.end(JSON.stringify({ method, authorization, type, length, body }));
}

describe('HTTP by Node itself', () => {
  it('sends a request as it is given, and reads the answer', async () => {
    const url = await serve((request, response) => {
      response.setHeader('X-Twice', ['a', 'b']);
      void echo(request, response);
    });

    const answer = await transport().fetch(`${url}/api`, post('{"a":"ü"}'));

    expect(answer.status).toBe(200);
    expect(JSON.parse(await answer.text())).toEqual({
      method: 'POST',
      authorization: 'Bearer key',
      type: 'application/json',
      length: '10',
      body: '{"a":"ü"}',
    });
    expect(answer.headers.get('x-twice')).toBe('a, b');
    expect(answer.headers.get('X-None')).toBeNull();
  });

  it('reads a zipped answer', async () => {
    const url = await serve((request, response) => {
      expect(request.headers['accept-encoding']).toBe('gzip');
      response.setHeader('content-encoding', 'gzip').end(gzipSync('zipped'));
    });

    expect(await (await transport().fetch(url, post(''))).text()).toBe('zipped');
  });

  it.each([
    [307, { method: 'POST', body: 'x' }],
    [308, { method: 'POST', body: 'x' }],
    [303, { method: 'GET', body: '' }],
    [302, { method: 'GET', body: '' }],
  ])('follows a redirect of status %i as other clients do', async (status, expected) => {
    const url = await serve((request, response) => {
      if (request.url === '/there') return void echo(request, response);
      return void response.writeHead(status, { location: '/there' }).end();
    });

    const answer = await transport().fetch(url, post('x'));

    expect(JSON.parse(await answer.text())).toMatchObject({ ...expected, authorization: 'Bearer key' });
  });

  it('takes no credentials to another origin', async () => {
    const other = await serve((request, response) => void echo(request, response));
    const url = await serve((_, response) => void response.writeHead(307, { location: other }).end());

    const answer = await transport().fetch(url, post('x'));

    expect(JSON.parse(await answer.text())).not.toHaveProperty('authorization');
  });

  it('is not led in circles', async () => {
    const url = await serve((_, response) => void response.writeHead(307, { location: '/' }).end());

    await expect(transport().fetch(url, post('x'))).rejects.toThrow('redirected more than 20 times');
  });

  it.each<[string, RequestListener]>([
    ['before the answer', () => undefined],
    ['in the middle of it', (_, response) => void response.write('half')],
  ])('gives up when told to, %s, for the reason that it was told', async (_when, listener) => {
    const giveUp = new AbortController();
    const url = await serve((request, response) => {
      listener(request, response);
      setImmediate(() => giveUp.abort(new Error('too late')));
    });

    await expect(transport().fetch(url, post('x', { signal: giveUp.signal }))).rejects.toThrow('too late');
  });

  it('tells a reset by its code', async () => {
    const url = await serve((request) => request.socket.resetAndDestroy());

    await expect(transport().fetch(url, post('x'))).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('asks again at once where the server has closed a kept connection', async () => {
    let requests = 0;
    const url = await serve((request, response) => {
      requests += 1;
      if (requests === 2) request.socket.resetAndDestroy();
      else response.end(`answer ${requests}`);
    });
    const { fetch } = transport();
    await fetch(url, post('x'));

    expect(await (await fetch(url, post('x'))).text()).toBe('answer 3');
  });

  it("trusts the user's own certificates, and none when told to check none", async () => {
    const url = await serve((_, response) => void response.end('secure'), true);
    const sslCertFile = new URL('for-tests-only.cert.pem', certificates).pathname;

    expect(await (await transport({ sslCertFile }).fetch(url, post('x'))).text()).toBe('secure');
    expect(await (await transport({ tlsInsecureSkipVerify: true }).fetch(url, post('x'))).text()).toBe(
      'secure',
    );
    await expect(transport().fetch(url, post('x'))).rejects.toMatchObject({
      code: expect.stringMatching(/CERT|SELF_SIGNED|UNABLE/),
    });
  });
});
