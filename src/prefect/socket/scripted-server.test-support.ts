import { linkAbort } from '../../kernel/abort.ts';
import { toError } from '../../kernel/errors.ts';
import { Secret } from '../../kernel/secret.ts';
import { MessageQueue } from './message-queue.ts';
import {
  SocketClosedError,
  type ClientSocket,
  type OpenSocket,
  type SocketClose,
  type SocketRequest,
} from './socket.ts';
import type { SocketServer } from './handshake.ts';
import { Waiters } from './waiters.ts';

export const aServer: SocketServer = {
  apiUrl: 'http://prefect.test/api',
  headers: { 'User-Agent': 'test' },
  apiKey: undefined,
  authString: new Secret('user:canary'),
};

/** A message of the client, as the server reads it. */
export type Heard = Readonly<Record<string, unknown>>;

/** The server's end of one connection. */
export class ServerEnd {
  readonly heard: Heard[] = [];
  answersPings = true;
  /** How the server reacts to each message. */
  onMessage: (message: Heard) => void = () => undefined;
  closedWith: SocketClose | undefined;
  readonly client: ClientSocket;
  readonly #messages = new MessageQueue();
  readonly #pongs = new Waiters<void>();
  readonly #closed = new Waiters<SocketClose>();

  constructor(protocol: string) {
    const never = new AbortController().signal;
    this.client = {
      protocol,
      closed: this.#closed.wait(never),
      send: (text) => this.#hear(text),
      next: (signal) => this.#messages.next(signal),
      ping: (signal) => this.#pong(signal),
      close: (code, reason) => this.close(code, reason),
    };
  }

  send(message: unknown): void {
    this.sendText(JSON.stringify(message));
  }

  sendText(text: string): void {
    this.#messages.push(text);
  }

  close(code: number, reason: string): void {
    if (this.closedWith !== undefined) return;
    const close = { code, reason };
    this.closedWith = close;
    this.#messages.end(close);
    this.#pongs.failAll(new SocketClosedError(close));
    this.#closed.wakeAll(close);
  }

  /** The client's messages of one type, in order. */
  of(type: string): readonly Heard[] {
    return this.heard.filter((message) => message['type'] === type);
  }

  #hear(text: string): void {
    if (this.closedWith !== undefined) return;
    const message = JSON.parse(text) as Heard; // our own client's message: an object
    this.heard.push(message);
    this.onMessage(message);
  }

  #pong(signal: AbortSignal): Promise<void> {
    if (this.closedWith !== undefined)
      return Promise.reject(new SocketClosedError(this.closedWith));
    return this.answersPings ? Promise.resolve() : this.#pongs.wait(signal);
  }
}

/** The answer to one attempt to connect. */
type Answer = (request: SocketRequest, signal: AbortSignal) => Promise<ServerEnd>;

/**
 * A server whose every message the test decides. Connections are accepted unless another answer was
 * scripted.
 */
export class ScriptedServer {
  readonly requests: SocketRequest[] = [];
  readonly ends: ServerEnd[] = [];
  /** How every accepted connection reacts to messages. */
  onMessage: (message: Heard, end: ServerEnd) => void = (message, end) => {
    if (message['type'] === 'auth') end.send({ type: 'auth_success' });
  };
  readonly #answers: Answer[] = [];

  readonly openSocket: OpenSocket = async (request, signal) => {
    this.requests.push(request);
    const answer = this.#answers.shift();
    const end =
      answer === undefined
        ? new ServerEnd(request.protocols[0] ?? '')
        : await answer(request, signal);
    end.onMessage = (message) => this.onMessage(message, end);
    this.ends.push(end);
    return end.client;
  };

  /** The latest connection. */
  get end(): ServerEnd {
    const last = this.ends.at(-1);
    if (last === undefined) throw new Error('nobody has connected');
    return last;
  }

  failNext(error: Error): void {
    this.#answers.push(async () => {
      throw error;
    });
  }

  /** The next attempt is never answered. */
  hangNext(): void {
    this.#answers.push(async (_request, signal) => {
      using link = linkAbort(signal);
      await new Promise((resolve) =>
        link.signal.addEventListener('abort', resolve, { once: true }),
      );
      throw toError(signal.reason);
    });
  }
}
