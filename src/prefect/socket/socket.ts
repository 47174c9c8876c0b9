import { WorkerError } from '../../kernel/errors.ts';

/** Where to connect, and with which headers. */
export interface SocketRequest {
  /** `ws:` or `wss:`. */
  readonly url: string;
  /** The offered subprotocols, the preferred one first. */
  readonly protocols: readonly string[];
  readonly headers: Readonly<Record<string, string>>;
}

/** How a connection ended. Code 1006 without a reason: the other end vanished. */
export interface SocketClose {
  readonly code: number;
  readonly reason: string;
}

/** One open WebSocket as its client sees it. The part that opened it must close it. */
export interface ClientSocket {
  /** The subprotocol that the server selected. Empty if none was offered. */
  readonly protocol: string;
  /** Does not report a lost connection; `next` and `closed` do. */
  send(text: string): void;
  /**
   * The next message, in order. Rejects with `SocketClosedError` once the connection is gone and
   * all messages were read.
   */
  next(signal: AbortSignal): Promise<string>;
  /** Resolves with the pong; rejects like `next`. */
  ping(signal: AbortSignal): Promise<void>;
  /**
   * Never rejects. Resolves within a few seconds after `close`, even if the other end does not
   * answer.
   */
  readonly closed: Promise<SocketClose>;
  close(code: number, reason: string): void;
}

/**
 * Opens a connection, or rejects with `UpgradeRefusedError`, `SubprotocolMissingError`,
 * `SocketUnreachableError` or the signal's reason. Tests substitute another function of this type.
 */
export type OpenSocket = (request: SocketRequest, signal: AbortSignal) => Promise<ClientSocket>;

/** The server answered the upgrade with a status other than 101. */
export class UpgradeRefusedError extends WorkerError {
  override readonly name = 'UpgradeRefusedError';
  readonly status: number;

  constructor(url: string, status: number) {
    super(`${withoutQuery(url)} answered the WebSocket upgrade with ${status}`);
    this.status = status;
  }
}

/**
 * The server accepted the upgrade but none of the offered subprotocols, as servers before 3.6.14 do
 * on `/events/in`.
 */
export class SubprotocolMissingError extends WorkerError {
  override readonly name = 'SubprotocolMissingError';

  constructor(url: string, options?: ErrorOptions) {
    super(`${withoutQuery(url)} selected no subprotocol`, options);
  }
}

/**
 * No connection: refused, unknown host, bad certificate, or an answer that is not a WebSocket. If
 * only a change of settings helps, `reason` names it.
 */
export class SocketUnreachableError extends WorkerError {
  override readonly name = 'SocketUnreachableError';

  constructor(url: string, reason: string, options?: ErrorOptions) {
    super(`No connection to ${withoutQuery(url)}: ${reason}`, options);
  }
}

/** The connection ended while a message or pong was expected. */
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

/** User information and query may be secret, so neither may appear in an error. */
function withoutQuery(url: string): string {
  if (!URL.canParse(url)) return 'the WebSocket URL cannot be parsed';
  const { protocol, host, pathname } = new URL(url);
  return `${protocol}//${host}${pathname}`;
}
