import type { RequestListener } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { connectionFlaw } from '../../kernel/connection-flaw.ts';
import { certificates, closeAll, echo, post, serve, transport } from './a-server.test-support.ts';

afterEach(closeAll);

describe('HTTP by Node’s own client', () => {
  it('sends a request as given, and reads the answer', async () => {
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

  it('reads a compressed answer', async () => {
    const url = await serve((request, response) => {
      expect(request.headers['accept-encoding']).toBe('gzip');
      response.setHeader('content-encoding', 'gzip').end(gzipSync('zipped'));
    });

    expect(await (await transport().fetch(url, post(''))).text()).toBe('zipped');
  });

  it.each<[string, RequestListener]>([
    ['before the answer', () => undefined],
    ['in the middle of it', (_, response) => void response.write('half')],
  ])('aborts %s, with the reason of the signal', async (_when, listener) => {
    const giveUp = new AbortController();
    const url = await serve((request, response) => {
      listener(request, response);
      setImmediate(() => giveUp.abort(new Error('too late')));
    });

    await expect(transport().fetch(url, post('x', { signal: giveUp.signal }))).rejects.toThrow(
      'too late',
    );
  });

  it('reports a reset by its code', async () => {
    const url = await serve((request) => request.socket.resetAndDestroy());

    await expect(transport().fetch(url, post('x'))).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it.each([
    ['https', 'http', 'wants-tls'],
    ['http', 'https', 'speaks-no-tls'],
  ])('recognises a port that speaks %s, asked by %s', async (spoken, asked, kind) => {
    const url = await serve((_, response) => void response.end(), spoken === 'https');

    const failed = transport().fetch(url.replace(spoken, asked), post('x'));

    await expect(failed).rejects.toSatisfy((error) => connectionFlaw(error)?.kind === kind);
  });

  it('recognises a plain HTTP port that hangs up on a TLS greeting', async () => {
    const server = createServer((socket) =>
      socket.once('data', (bytes) =>
        bytes[0] === 0x16 ? socket.destroy() : socket.end('HTTP/1.0 200 OK\r\n\r\n'),
      ),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo; // it listens on a port

    await expect(
      transport().fetch(`https://127.0.0.1:${port}/api`, post('x')),
    ).rejects.toMatchObject({
      code: 'ERR_PORT_SPEAKS_NO_TLS',
    });
    server.close();
  });

  it.each(['https', 'http'])(
    'reports a reset as a reset if the other scheme gets no answer either: %s',
    async (scheme) => {
      const server = createServer((socket) => socket.destroy());
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo; // it listens on a port

      await expect(
        transport().fetch(`${scheme}://127.0.0.1:${port}/api`, post('x')),
      ).rejects.toMatchObject({
        code: 'ECONNRESET',
      });
      server.close();
    },
  );

  it('retries at once if the server has closed a kept connection', async () => {
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

  it("trusts the user's certificates, and checks none when checks are off", async () => {
    const url = await serve((_, response) => void response.end('secure'), true);
    const sslCertFile = new URL('for-tests-only.cert.pem', certificates).pathname;

    expect(await (await transport({ sslCertFile }).fetch(url, post('x'))).text()).toBe('secure');
    expect(
      await (await transport({ tlsInsecureSkipVerify: true }).fetch(url, post('x'))).text(),
    ).toBe('secure');
    await expect(transport().fetch(url, post('x'))).rejects.toMatchObject({
      code: expect.stringMatching(/CERT|SELF_SIGNED|UNABLE/),
    });
  });
});
