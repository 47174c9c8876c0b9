import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { TooLargeError } from '../../kernel/bytes.ts';
import { closeAll, echo, never, post, serve, transport } from './a-server.test-support.ts';
import { nodeTransport } from './node-transport.ts';
import { undiciTransport } from './undici-transport.ts';

afterEach(closeAll);

describe.each([
  ["Node's own client", nodeTransport],
  ["undici's, as through a proxy", undiciTransport],
])('A hostile or broken server, read by %s,', (_client, make) => {
  const client = (options: { tlsInsecureSkipVerify?: boolean } = {}) => transport(options, make);

  it.each([
    [307, { method: 'POST', body: 'x' }],
    [308, { method: 'POST', body: 'x' }],
  ])(
    'can redirect with %i on its own origin, and gets method and body again',
    async (status, expected) => {
      const url = await serve((request, response) => {
        if (request.url === '/there') return void echo(request, response);
        return void response.writeHead(status, { location: '/there' }).end();
      });

      const answer = await client().fetch(url, post('x'));

      expect(JSON.parse(await answer.text())).toMatchObject({
        ...expected,
        authorization: 'Bearer key',
      });
    },
  );

  it('cannot redirect credentials to another origin', async () => {
    const other = await serve(
      (request, response) => void response.end(JSON.stringify(request.headers)),
    );
    const url = await serve(
      (_, response) => void response.writeHead(302, { location: other }).end(),
    );
    const headers = {
      Authorization: 'Bearer key',
      Cookie: 'session',
      Accept: 'application/json',
      'User-Agent': 'prefect/3.8.8',
      'X-Gateway-Token': 'custom',
      'Prefect-Csrf-Token': 'token',
      'X-Prefect-Worker-Name': 'worker',
    };

    const answer = await client().fetch(url, { method: 'GET', headers, signal: never });

    expect(Object.keys(JSON.parse(await answer.text())).sort()).toEqual([
      'accept',
      'accept-encoding',
      'connection',
      'host',
      'user-agent',
    ]);
  });

  it.each([301, 302, 303])(
    'causes an error with a %i that would drop the request body',
    async (status) => {
      const url = await serve(
        (_, response) => void response.writeHead(status, { location: '/there' }).end(),
      );

      await expect(client().fetch(url, post('x'))).rejects.toThrow(
        `redirected with ${status}, which would drop the request body (/there)`,
      );
    },
  );

  it('cannot redirect a request body to another origin', async () => {
    let asked = 0;
    const other = await serve((_, response) => void response.end(String((asked += 1))));
    const url = await serve(
      (_, response) => void response.writeHead(307, { location: other }).end(),
    );

    await expect(client().fetch(url, post('x'))).rejects.toThrow(
      'redirected with 307 to another origin',
    );
    expect(asked).toBe(0);
  });

  it('cannot redirect from https to http', async () => {
    const url = await serve((_, response) => {
      response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end();
    }, true);
    const { fetch } = client({ tlsInsecureSkipVerify: true });

    await expect(fetch(url, { method: 'GET', headers: {}, signal: never })).rejects.toThrow(
      'redirected with 307 from https to http',
    );
  });

  describe('with an answer above the limit', () => {
    const bomb = Buffer.alloc(17 * 1024 * 1024);

    it.each<[string, Buffer, Record<string, string>]>([
      ['uncompressed', bomb, {}],
      ['as gzip', gzipSync(bomb), { 'content-encoding': 'gzip' }],
      ['as deflate', deflateSync(bomb), { 'content-encoding': 'deflate' }],
      ['as brotli', brotliCompressSync(bomb), { 'content-encoding': 'br' }],
    ])('is not read to the end: %s', async (_how, body, headers) => {
      const url = await serve((_, response) => void response.writeHead(200, headers).end(body));

      await expect(client().fetch(url, post('x'))).rejects.toBeInstanceOf(TooLargeError);
    });

    it('costs at most the limit and its connection if the answer has no end', async () => {
      let sent = 0;
      const closed = new Promise<void>((resolve) => {
        void serve((_, response) => {
          const chunk = Buffer.alloc(64 * 1024);
          const more = (): void => {
            while (response.write(chunk)) sent += chunk.length;
          };
          response.on('drain', more).on('close', resolve);
          more();
        }).then((url) =>
          client()
            .fetch(url, post('x'))
            .catch(() => undefined),
        );
      });

      await closed;

      expect(sent).toBeLessThan(64 * 1024 * 1024);
    });

    it('is reported with the beginning of the answer', async () => {
      const body = gzipSync(Buffer.concat([Buffer.from('[{"id": "one"'), bomb]));
      const url = await serve((_, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' }).end(body);
      });

      await expect(client().fetch(url, post('x'))).rejects.toMatchObject({
        beginning: expect.stringMatching(/^\[\{"id": "one"/),
      });
    });
  });

  it('is not read in an unknown encoding', async () => {
    const url = await serve((_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip, gzip' }).end('x');
    });

    await expect(client().fetch(url, post('x'))).rejects.toThrow("encoded as 'gzip, gzip'");
  });

  it('cannot redirect in circles', async () => {
    const url = await serve((_, response) => void response.writeHead(307, { location: '/' }).end());

    await expect(client().fetch(url, post('x'))).rejects.toThrow('redirected too many times');
  });
});
