import { Answer, type LocalRequest } from './message.ts';
import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { sharedAbortController } from '../kernel/abort.ts';
import { Disconnect } from './disconnect.ts';
import { serveOnLoopback, type LoopbackServer } from './serve.ts';
import type { SocketHandler } from './sockets.ts';

const never = sharedAbortController().signal;

describe('A server on loopback', () => {
  let server: LoopbackServer | undefined;
  afterEach(() => server?.close());

  const echo: SocketHandler = async (upgrade) => {
    if (!upgrade.protocols.includes('echo')) return new Answer(404);
    const socket = upgrade.accept('echo');
    socket.onMessage((text) =>
      text === 'bye' ? socket.close(1008, 'bye') : socket.send(`you said ${text}`),
    );
    return undefined;
  };

  it('opens WebSockets, and refuses them with a status', async () => {
    server = await serveOnLoopback(async () => new Answer(200, 'ok'), { sockets: echo }, never);
    const url = server.url.replace('http', 'ws');
    const socket = new WebSocket(url, ['echo']);
    await once(socket, 'open');
    socket.send('hello');
    const [message] = await once(socket, 'message');
    expect(String(message)).toBe('you said hello');
    socket.send('bye');
    const [code, reason] = await once(socket, 'close');
    expect([code, String(reason)]).toEqual([1008, 'bye']);

    const [, refusal] = await once(new WebSocket(url, ['other']), 'unexpected-response');
    expect(refusal.statusCode).toBe(404);
  });

  it('closes a WebSocket whose message is too large', async () => {
    server = await serveOnLoopback(
      async () => new Answer(200),
      { sockets: echo, mostBytes: 100 },
      never,
    );
    const socket = new WebSocket(server.url.replace('http', 'ws'), ['echo']);
    await once(socket, 'open');
    socket.send('x'.repeat(101));

    const [code] = await once(socket, 'close');
    expect([1006, 1009]).toContain(code);
  });

  it('resets the connection for a Disconnect', async () => {
    server = await serveOnLoopback(() => Promise.reject(new Disconnect('gone')), {}, never);

    await expect(fetch(server.url)).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
  });

  it('informs its handler that the client has disconnected', async () => {
    const handled = new Promise<AbortSignal>((resolve) => {
      const handler = (request: LocalRequest): Promise<Answer> => {
        resolve(request.signal);
        return new Promise(() => undefined);
      };
      void serveOnLoopback(handler, {}, never).then((started) => {
        server = started;
        const client = httpRequest(started.url);
        client.on('error', () => undefined);
        client.end();
        void handled.then(() => client.destroy());
      });
    });
    const signal = await handled;
    await once(signal, 'abort');

    expect(signal.reason).toBeInstanceOf(Disconnect);
  });

  it('refuses to bind an address that others can reach', async () => {
    await expect(
      serveOnLoopback(async () => new Answer(200), { host: '0.0.0.0' }, never),
    ).rejects.toThrow('listens only on this machine');
  });
});
