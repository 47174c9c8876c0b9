import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, expect, it, vi } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import { systemClock } from '../../kernel/clock.ts';
import { socketHeaders } from './socket-headers.ts';
import type { ClientSocket, SocketRequest } from './socket.ts';
import type { TransportOptions } from '../rest/transport-options.ts';
import { wsOpener } from './ws-socket.ts';

const plain: TransportOptions = {
  tlsInsecureSkipVerify: false,
  sslCertFile: undefined,
  usesProxy: false,
};
const never = new AbortController().signal;

/** Self-signed, for 127.0.0.1. */
const certificateFile = fileURLToPath(
  new URL('../../../test/contract/certificates/for-tests-only.cert.pem', import.meta.url),
);
const certificate = {
  cert: readFileSync(certificateFile),
  key: readFileSync(certificateFile.replace('.cert.', '.key.')),
};

const cleanUps: (() => void)[] = [];
afterEach(() => {
  vi.unstubAllEnvs();
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

/** A server that accepts every upgrade, unless `refuses` says otherwise. */
async function aServer(
  options: {
    readonly refuses?: number;
    readonly selects?: 'prefect' | 'none';
    readonly tls?: boolean;
  } = {},
): Promise<{
  readonly url: string;
  readonly upgrades: readonly IncomingMessage[];
  readonly accepted: Promise<WebSocket>;
  readonly connections: readonly Socket[];
}> {
  const upgrades: IncomingMessage[] = [];
  const connections: Socket[] = [];
  const http = options.tls === true ? createTlsServer(certificate) : createServer();
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: () => (options.selects === 'none' ? false : 'prefect'),
  });
  http.on('connection', (connection: Socket) => connections.push(connection));
  const accepted = new Promise<WebSocket>((resolve) => {
    http.on('upgrade', (request: IncomingMessage, socket: Socket, head) => {
      upgrades.push(request);
      if (options.refuses === undefined) sockets.handleUpgrade(request, socket, head, resolve);
      else socket.end(`HTTP/1.1 ${options.refuses} No\r\nContent-Length: 0\r\n\r\n`);
    });
  });
  const scheme = options.tls === true ? 'wss' : 'ws';
  return { url: `${scheme}://127.0.0.1:${await listening(http)}`, upgrades, accepted, connections };
}

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUps.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port; // a TCP server that listens
}

function requestTo(url: string, protocols: readonly string[] = ['prefect']): SocketRequest {
  return {
    url,
    protocols,
    headers: socketHeaders('3.8.8', { 'X-Custom': 'yes', Host: 'no', 'sec-websocket-key': 'no' }),
  };
}

async function pair(): Promise<{
  readonly client: ClientSocket;
  readonly server: WebSocket;
  readonly connection: Socket | undefined;
}> {
  const { url, accepted, connections } = await aServer();
  const client = await wsOpener(plain, systemClock)(requestTo(url), never);
  cleanUps.push(() => client.close(1000, ''));
  return { client, server: await accepted, connection: connections[0] };
}

it('The socket offers the subprotocol and sends our headers', async () => {
  const { url, upgrades } = await aServer();

  const client = await wsOpener(plain, systemClock)(requestTo(`${url}/api/x`), never);
  client.close(1000, '');

  expect(client.protocol).toBe('prefect');
  expect(upgrades[0]?.url).toBe('/api/x');
  expect(upgrades[0]?.headers).toMatchObject({
    'user-agent': 'prefect/3.8.8 (API 0.8.4)',
    'x-custom': 'yes',
    host: new URL(url).host,
    'sec-websocket-protocol': 'prefect',
  });
  expect(await client.closed).toEqual({ code: 1000, reason: '' });
});

it('Messages arrive in order, including those before the first read', async () => {
  const { client, server } = await pair();
  const heard = once(server, 'message');

  client.send('hello');
  server.send('one');
  server.send('two');

  expect(String((await heard)[0])).toBe('hello');
  expect([await client.next(never), await client.next(never)]).toEqual(['one', 'two']);
});

it('Pings are answered, and pongs are waited for', async () => {
  const { client, server } = await pair();
  const answered = once(server, 'pong');

  server.ping('are you there?');
  await client.ping(never);

  expect(String((await answered)[0])).toBe('are you there?');
});

it('A close is reported with code and reason, after the messages before it', async () => {
  const { client, server } = await pair();

  server.send('last words');
  server.close(1008, 'authorization_failed');

  expect(await client.closed).toEqual({ code: 1008, reason: 'authorization_failed' });
  expect(await client.next(never)).toBe('last words');
  await expect(client.next(never)).rejects.toMatchObject({
    code: 1008,
    reason: 'authorization_failed',
  });
  await expect(client.ping(never)).rejects.toMatchObject({ code: 1008 });
  expect(() => client.send('too late')).not.toThrow();
});

it('A reset counts as a close without a close frame', async () => {
  const { client, connection } = await pair();
  const waiting = client.next(never);

  connection?.resetAndDestroy();

  await expect(waiting).rejects.toMatchObject({ name: 'SocketClosedError', code: 1006 });
  expect(await client.closed).toEqual({ code: 1006, reason: '' });
});

it('A connection is cut if the other end does not answer the close', async () => {
  const { client, connection } = await pair();
  connection?.pause();
  const since = systemClock.monotonicMs();

  client.close(1000, 'enough');

  expect((await client.closed).code).toBe(1006);
  expect(systemClock.monotonicMs() - since).toBeGreaterThan(1_900);
});

it('A connection with too many unread messages is closed', async () => {
  const { client, server } = await pair();

  for (let count = 0; count < 10_001; count += 1) server.send('x');

  expect(await client.closed).toEqual({ code: 1011, reason: 'too many messages' });
});

it.each([401, 403, 404, 500, 503])(
  'An upgrade refused with %i is reported as such',
  async (status) => {
    const { url } = await aServer({ refuses: status });

    await expect(wsOpener(plain, systemClock)(requestTo(url), never)).rejects.toMatchObject({
      name: 'UpgradeRefusedError',
      status,
    });
  },
);

it('A server that selects no subprotocol is accepted only if none is offered', async () => {
  const { url } = await aServer({ selects: 'none' });
  const openSocket = wsOpener(plain, systemClock);

  await expect(openSocket(requestTo(url), never)).rejects.toMatchObject({
    name: 'SubprotocolMissingError',
  });
  const client = await openSocket(requestTo(url, []), never);
  client.close(1000, '');

  expect(client.protocol).toBe('');
});

it('A refused connection is reported without the secret parts of its URL', async () => {
  const port = await unusedPort();
  const opening = wsOpener(plain, systemClock)(
    requestTo(`ws://user:canary@127.0.0.1:${port}/api?x=canary`),
    never,
  );

  await expect(opening).rejects.toMatchObject({
    name: 'SocketUnreachableError',
    message: `No connection to ws://127.0.0.1:${port}/api: ECONNREFUSED`,
  });
});

async function unusedPort(): Promise<number> {
  const server = createServer();
  const port = await listening(server);
  server.close();
  return port;
}

it('An upgrade in progress is aborted by the signal', async () => {
  const mute = createServer();
  const upgraded = once(mute, 'upgrade');
  const url = `ws://127.0.0.1:${await listening(mute)}`;
  const stop = new AbortController();
  const opening = wsOpener(plain, systemClock)(requestTo(url), stop.signal);
  const [, connection] = await upgraded;
  const gone = new Promise((resolve) =>
    connection.on('end', resolve).on('error', resolve).resume(),
  );

  stop.abort(new Error('enough'));

  await expect(opening).rejects.toThrow('enough');
  await gone;
});

it('Only certificates of the bundle are trusted, or any when checks are off', async () => {
  const { url } = await aServer({ tls: true });
  const opening = async (options: Partial<TransportOptions>): Promise<string> => {
    const client = await wsOpener({ ...plain, ...options }, systemClock)(requestTo(url), never);
    client.close(1000, '');
    return client.protocol;
  };

  await expect(opening({})).rejects.toMatchObject({
    name: 'SocketUnreachableError',
    message: expect.stringContaining('DEPTH_ZERO_SELF_SIGNED_CERT'),
  });
  expect(await opening({ sslCertFile: certificateFile })).toBe('prefect');
  expect(await opening({ tlsInsecureSkipVerify: true })).toBe('prefect');
});

it('A missing certificate file is read again later', async () => {
  const { url } = await aServer({ tls: true });
  const openSocket = wsOpener({ ...plain, sslCertFile: '/nowhere/ca.pem' }, systemClock);

  for (let time = 0; time < 2; time += 1) {
    await expect(openSocket(requestTo(url), never)).rejects.toMatchObject({
      name: 'SocketUnreachableError',
      message: expect.stringContaining('ENOENT'),
    });
  }
});

/** A proxy to `url`, and the requests that it received. */
async function aProxyTo(
  url: string,
): Promise<{ readonly url: string; readonly asked: readonly string[] }> {
  const asked: string[] = [];
  const proxy = createServer();
  proxy.on('connect', (request: IncomingMessage, socket: Socket) => {
    asked.push(request.url ?? '');
    const onward = connect(Number(new URL(url).port), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(socket).pipe(onward);
    });
    onward.on('error', () => socket.destroy());
    socket.on('error', () => onward.destroy());
  });
  return { url: `http://127.0.0.1:${await listening(proxy)}`, asked };
}

it.each([
  ['HTTP_PROXY', false],
  ['HTTPS_PROXY', true],
])('Connections use the proxy of %s, except for hosts of NO_PROXY', async (variable, tls) => {
  const { url } = await aServer({ tls });
  const proxy = await aProxyTo(url);
  vi.stubEnv(variable.toLowerCase(), '');
  vi.stubEnv(variable, proxy.url);
  vi.stubEnv('no_proxy', '');
  vi.stubEnv('NO_PROXY', '');
  // Certificate checks are off because, behind a proxy, Node compares the name of an address with
  // "localhost".
  const options = { ...plain, usesProxy: true, tlsInsecureSkipVerify: true };
  const openSocket = wsOpener(options, systemClock);

  const through = await openSocket(requestTo(url), never);
  vi.stubEnv('NO_PROXY', '127.0.0.1');
  const direct = await openSocket(requestTo(url), never);
  through.close(1000, '');
  direct.close(1000, '');
  await Promise.all([through.closed, direct.closed]);

  expect(proxy.asked).toEqual([new URL(url).host]);
});
