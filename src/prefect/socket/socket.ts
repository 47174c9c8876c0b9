import { WorkerError } from '../../kernel/errors.ts';

/** Where to, and as whom. */
export interface SocketRequest {
  /** `ws:` or `wss:`. */
  readonly url: string;
  /** Subprotocols offered, the preferred one first. */
  readonly protocols: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
}

/** How a connection ended. 1006 and no reason: the other end vanished without a word. */
export interface SocketClose {
  readonly code: number;
  readonly reason: string;
}

/** One open WebSocket as its client sees it. Whoever opened it closes it. */
export interface ClientSocket {
  /** The subprotocol that the server selected; empty when none was offered. */
  readonly protocol: string;
  /** Says nothing when the connection is gone: `next` and `closed` do. */
  send(text: string): void;
  /**
   * The next message, in order. Rejects with `SocketClosedError` once the connection is gone and
   * all is read.
   */
  next(signal: AbortSignal): Promise<string>;
  /** Resolves with the pong; rejects like `next`. */
  ping(signal: AbortSignal): Promise<void>;
  /**
   * Never rejects. Resolves a few seconds after `close` at the latest, whether the other end
   * answers or not.
   */
  readonly closed: Promise<SocketClose>;
  close(code: number, reason: string): void;
}

/**
 * Opens a connection, or rejects with `UpgradeRefusedError`, `SubprotocolMissingError`,
 * `SocketUnreachableError` or the signal's reason. A stand-in in tests is another function of this
 * type.
 */
export type OpenSocket = (request: SocketRequest, signal: AbortSignal) => Promise<ClientSocket>;

/** The server answered the upgrade with something else than 101. */
export class UpgradeRefusedError extends WorkerError {
  override readonly name = 'UpgradeRefusedError';
  readonly status: number;

  constructor(url: string, status: number) {
    super(`${withoutQuery(url)} answered the WebSocket upgrade with ${status}`);
    this.status = status;
  }
}

/**
 * The server took the upgrade and none of the subprotocols offered, as servers before 3.6.14 do on
 * `/events/in`.
 */
export class SubprotocolMissingError extends WorkerError {
  override readonly name = 'SubprotocolMissingError';

  constructor(url: string, options?: ErrorOptions) {
    super(`${withoutQuery(url)} selected no subprotocol`, options);
  }
}

/**
 * No connection: refused, unknown host, bad certificate, or an answer that is no WebSocket.
 * `reason`: of a connection that only somebody can mend it says what to mend.
 */
export class SocketUnreachableError extends WorkerError {
  override readonly name = 'SocketUnreachableError';

  constructor(url: string, reason: string, options?: ErrorOptions) {
    super(`No connection to ${withoutQuery(url)}: ${reason}`, options);
  }
}

/** The connection ended while something was expected of it. */
export class SocketClosedError extends WorkerError {
  override readonly name = 'SocketClosedError';
  readonly code: number;
  readonly reason: string;

  constructor({ code, reason }: SocketClose) {
    super(`the WebSocket was closed with ${code}${reason === '' ? '' : ` (${reason})`}`);
    this.code = code;
    this.reason = reason;
  }
}

/** User information and query may be secret: neither belongs into an error. */
function withoutQuery(url: string): string {
  if (!URL.canParse(url)) return 'the WebSocket URL cannot be parsed';
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
