import type { Agent } from 'node:http';
import type { ClientOptions, RawData, WebSocket } from 'ws';
import { sharedAbortController } from '../../kernel/abort.ts';
import { certificatesIn } from '../../kernel/certificate-file.ts';
import type { Clock } from '../../kernel/clock.ts';
import { codeOf } from '../../kernel/connection-flaw.ts';
import { toError } from '../../kernel/errors.ts';
import { Cancelled } from '../../kernel/task-group.ts';
import { flawIn } from '../rest/network-failure.ts';
import { MessageQueue } from './message-queue.ts';
import {
  SocketClosedError,
  SocketUnreachableError,
  SubprotocolMissingError,
  UpgradeRefusedError,
  type ClientSocket,
  type OpenSocket,
  type SocketClose,
  type SocketRequest,
} from './socket.ts';
import { certFileSetting, type TransportOptions } from '../rest/transport-options.ts';
import { Waiters } from './waiters.ts';

/** Bytes. Prefect's own client accepts 1 MiB, but users' work pool templates may be larger. */
const largestMessage = 16 * 1024 * 1024;

/** How long the other end may take to answer a close before the connection is cut. */
const closeWithinMs = 2_000;

/**
 * Real WebSockets, with certificates and proxies from the settings. The packages are loaded by the
 * first connection, so that a command without one does not pay for them.
 *
 * Redirects are not followed. The login is a message, so it would go wherever a redirect leads,
 * even unencrypted.
 */
export function wsOpener(options: TransportOptions, clock: Clock): OpenSocket {
  let connection: Promise<ClientOptions> | undefined;
  return async (request, signal) => {
    signal.throwIfAborted();
    const { WebSocket: Socket } = await import('ws');
    try {
      connection ??= connectionOptions(options).catch((error: unknown) => {
        connection = undefined; // the certificate file may exist next time
        throw error;
      });
      const clientOptions = { ...(await connection), headers: { ...request.headers } };
      signal.throwIfAborted();
      const socket = new Socket(request.url, [...request.protocols], clientOptions);
      return await opened(socket, request, clock, signal);
    } catch (error) {
      throw asOpeningError(error, request, signal);
    }
  };
}

async function connectionOptions(options: TransportOptions): Promise<ClientOptions> {
  const tls = {
    ...(options.tlsInsecureSkipVerify && { rejectUnauthorized: false }),
    ...(options.sslCertFile !== undefined && {
      ca: certificatesIn(options.sslCertFile, certFileSetting),
    }),
  };
  const common = { ...tls, maxPayload: largestMessage, perMessageDeflate: false };
  return options.usesProxy ? { ...common, agent: await proxyAgent(tls) } : common;
}

async function proxyAgent(tls: { rejectUnauthorized?: boolean; ca?: string }): Promise<Agent> {
  const { ProxyAgent } = await import('proxy-agent');
  const agent = new ProxyAgent(tls);
  const proxyFor = agent.getProxyForUrl;
  // The package reads WS_PROXY and WSS_PROXY, which are hardly ever set. Prefect uses the HTTP
  // variables.
  agent.getProxyForUrl = (url, request) => proxyFor(url.replace(/^ws/, 'http'), request);
  return agent;
}

function asOpeningError(error: unknown, request: SocketRequest, signal: AbortSignal): Error {
  if (signal.aborted) return toError(signal.reason);
  if (error instanceof UpgradeRefusedError || error instanceof SubprotocolMissingError)
    return error;
  const reason = flawIn(error) ?? codeOf(error) ?? toError(error).message;
  return new SocketUnreachableError(request.url, reason, { cause: error });
}

/**
 * Settles with the first event of the other end. Must be called in the turn that created `socket`,
 * or an event could be missed.
 */
function opened(
  socket: WebSocket,
  request: SocketRequest,
  clock: Clock,
  signal: AbortSignal,
): Promise<ClientSocket> {
  const client = new WsClientSocket(socket, clock);
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      reject(toError(signal.reason));
      socket.terminate();
    };
    const settle = (act: () => void): void => {
      signal.removeEventListener('abort', stop);
      act();
    };
    let selectsNone = false;
    signal.addEventListener('abort', stop, { once: true });
    socket.once('upgrade', (response) => {
      selectsNone =
        request.protocols.length > 0 && response.headers['sec-websocket-protocol'] === undefined;
    });
    socket.once('unexpected-response', (sent, response) => {
      settle(() => reject(new UpgradeRefusedError(request.url, response.statusCode ?? 0)));
      sent.destroy();
    });
    socket.once('open', () => settle(() => resolve(client)));
    socket.once('error', (error) =>
      settle(() =>
        reject(selectsNone ? new SubprotocolMissingError(request.url, { cause: error }) : error),
      ),
    );
  });
}

/** `ws` itself answers the other end's pings. */
class WsClientSocket implements ClientSocket {
  readonly closed: Promise<SocketClose>;
  readonly #socket: WebSocket;
  readonly #clock: Clock;
  readonly #messages = new MessageQueue();
  readonly #pongs = new Waiters<void>();
  readonly #over = sharedAbortController();
  #end: SocketClose | undefined;
  #isClosing = false;

  constructor(socket: WebSocket, clock: Clock) {
    this.#socket = socket;
    this.#clock = clock;
    socket.on('message', (data: RawData) => this.#receive(data));
    socket.on('pong', () => this.#pongs.wakeAll());
    // A close follows. Without a listener the error would end the process.
    socket.on('error', () => undefined);
    this.closed = new Promise((resolve) => {
      socket.once('close', (code, reason) =>
        resolve(this.#ended({ code, reason: reason.toString() })),
      );
    });
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  send(text: string): void {
    this.#socket.send(text, () => undefined);
  }

  next(signal: AbortSignal): Promise<string> {
    return this.#messages.next(signal);
  }

  ping(signal: AbortSignal): Promise<void> {
    if (this.#end !== undefined) return Promise.reject(new SocketClosedError(this.#end));
    const pong = this.#pongs.wait(signal);
    this.#socket.ping(undefined, undefined, () => undefined);
    return pong;
  }

  close(code: number, reason: string): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#socket.close(code, reason);
    if (this.#end !== undefined) return;
    this.#clock.sleep(closeWithinMs, this.#over.signal).then(
      () => this.#socket.terminate(),
      () => undefined, // closed in time
    );
  }

  #receive(data: RawData): void {
    // `binaryType` is Node's default: one Buffer a message.
    if (!this.#messages.push((data as Buffer).toString('utf8')))
      this.close(1011, 'too many messages');
  }

  #ended(end: SocketClose): SocketClose {
    this.#end = end;
    this.#over.abort(new Cancelled('closed'));
    this.#messages.end(end);
    this.#pongs.failAll(new SocketClosedError(end));
    return end;
  }
}
