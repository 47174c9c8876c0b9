import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../kernel/manual-clock.ts';
import { Secret } from '../../kernel/secret.ts';
import { shakeHands, socketUrl, type HandshakeRequest } from './handshake.ts';
import { aServer, ScriptedServer } from './scripted-server.test-support.ts';
import { ignoredSocketHeaders, socketHeaders } from './socket-headers.ts';
import { SubprotocolMissingError, UpgradeRefusedError } from './socket.ts';

const never = new AbortController().signal;
const request: HandshakeRequest = {
  server: aServer,
  path: '/x',
  pingsFirst: false,
  subprotocol: 'required',
};

function world(): { readonly server: ScriptedServer; readonly clock: ManualClock } & Pick<
  ScriptedServer,
  'openSocket'
> {
  const server = new ScriptedServer();
  return { server, clock: new ManualClock(), openSocket: server.openSocket };
}

const greet = (): Promise<string> => Promise.resolve('greeted');

describe('The login', () => {
  it.each([
    [{ authString: new Secret('user:pass'), apiKey: new Secret('key') }, 'user:pass'],
    [{ authString: undefined, apiKey: new Secret('key') }, 'key'],
    [{ authString: undefined, apiKey: undefined }, null],
  ])('is the first message, with the raw token %#', async (credentials, token) => {
    const { server, ...ports } = world();

    const { greeting } = await shakeHands(
      { ...request, server: { ...aServer, ...credentials } },
      ports,
      never,
      greet,
    );

    expect(greeting).toBe('greeted');
    expect(server.end.heard).toEqual([{ type: 'auth', token }]);
    expect(server.requests).toEqual([
      { url: 'ws://prefect.test/api/x', protocols: ['prefect'], headers: aServer.headers },
    ]);
    expect(ports.clock.sleeping).toBe(0);
  });

  it.each([{ type: 'auth_failure', reason: 'who are you?' }, { type: 'event' }, ['garbage']])(
    'that is answered with %j is refused, and the socket closed',
    async (answer) => {
      const { server, ...ports } = world();
      server.onMessage = (_message, end) => end.send(answer);

      await expect(shakeHands(request, ports, never, greet)).rejects.toMatchObject({
        name: 'LogInRefusedError',
      });

      expect(server.end.closedWith?.code).toBe(1000);
    },
  );

  it('waits for a pong first if asked to', async () => {
    const { server, ...ports } = world();
    const opening = server.openSocket;
    const openSocket: typeof opening = async (...parameters) => {
      const client = await opening(...parameters);
      server.end.answersPings = false;
      return client;
    };

    const failed = expect(
      shakeHands({ ...request, pingsFirst: true }, { ...ports, openSocket }, never, greet),
    ).rejects.toMatchObject({ name: 'DeadlineError' });
    await ports.clock.elapse(10_000);
    await failed;

    expect(server.end.heard).toEqual([]);
  });
});

describe('The setup of a socket', () => {
  it('has ten seconds in all', async () => {
    const { server, ...ports } = world();
    server.onMessage = () => undefined;

    const failed = expect(shakeHands(request, ports, never, greet)).rejects.toMatchObject({
      name: 'DeadlineError',
    });
    await ports.clock.elapse(9_999);
    expect(server.end.closedWith).toBeUndefined();
    await ports.clock.elapse(1);
    await failed;

    expect(server.end.closedWith).toEqual({ code: 1000, reason: '' });
    expect(ports.clock.sleeping).toBe(0);
  });

  it('ends with the signal, and leaves no timer', async () => {
    const { server, ...ports } = world();
    server.hangNext();
    const stop = new AbortController();
    const failed = expect(shakeHands(request, ports, stop.signal, greet)).rejects.toThrow('enough');
    await ports.clock.elapse(1_000);

    stop.abort(new Error('enough'));
    await failed;

    expect(ports.clock.sleeping).toBe(0);
  });
});

describe('A server that selects no subprotocol', () => {
  it('gets no login where the subprotocol is optional', async () => {
    const { server, ...ports } = world();
    server.failNext(new SubprotocolMissingError('ws://prefect.test'));

    await shakeHands({ ...request, subprotocol: 'optional' }, ports, never, greet);

    expect(server.requests.map(({ protocols }) => protocols)).toEqual([['prefect'], []]);
    expect(server.end.heard).toEqual([]);
  });

  it.each([
    ['required', new SubprotocolMissingError('ws://prefect.test')],
    ['optional', new UpgradeRefusedError('ws://prefect.test', 403)],
  ] as const)('is an error otherwise: %s, %s', async (subprotocol, error) => {
    const { server, ...ports } = world();
    server.failNext(error);

    await expect(shakeHands({ ...request, subprotocol }, ports, never, greet)).rejects.toBe(error);
  });
});

it.each([
  ['https://api.prefect.cloud/api/', 'wss://api.prefect.cloud/api/events/out'],
  ['http://127.0.0.1:4200/api', 'ws://127.0.0.1:4200/api/events/out'],
])('The socket of %s is %s', (apiUrl, url) => {
  expect(socketUrl(apiUrl, '/events/out')).toBe(url);
});

it('Custom headers are sent, except those of the upgrade itself', () => {
  const custom = {
    'X-Mine': '1',
    Authorization: 'mine',
    'user-agent': 'no',
    HOST: 'no',
    'Sec-WebSocket-Protocol': 'no',
  };

  expect(socketHeaders('3.8.8', custom)).toEqual({
    'User-Agent': 'prefect/3.8.8 (API 0.8.4)',
    'X-Mine': '1',
    Authorization: 'mine',
  });
  expect(ignoredSocketHeaders(custom)).toEqual(['user-agent', 'HOST', 'Sec-WebSocket-Protocol']);
});
