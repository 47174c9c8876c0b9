import type { Answer, LocalRequest } from './message.ts';

/**
 * One end of an open WebSocket, with text messages in both directions. The transport handles pings
 * and pongs.
 */
export interface SocketEnd {
  send(text: string): void;
  /** Closes with a code of RFC 6455 (1000, 1002, 1008, 1011, ...) and a reason. */
  close(code: number, reason: string): void;
  /** Cuts the connection without a close frame, as a killed process or a cut cable does. */
  terminate(): void;
  /** The listener also receives earlier messages. One listener only. */
  onMessage(listener: (text: string) => void): void;
  /** `1006` if the other end vanished without a close frame. */
  onClose(listener: (code: number, reason: string) => void): void;
}

/** A request to open a WebSocket. */
export interface SocketUpgrade {
  readonly request: Pick<LocalRequest, 'url' | 'headers' | 'signal'>;
  /** The subprotocols that the client offers, in its order. */
  readonly protocols: readonly string[];
  /** Opens it. `protocol` is the selected subprotocol, if any. */
  accept(protocol?: string): SocketEnd;
}

/** Accepts the upgrade, or refuses it with an HTTP answer. */
export type SocketHandler = (upgrade: SocketUpgrade) => Promise<Answer | undefined>;

interface Peer {
  messages: string[];
  listener: ((text: string) => void) | undefined;
  closed: { readonly code: number; readonly reason: string } | undefined;
  onClosed: ((code: number, reason: string) => void) | undefined;
}

/**
 * Two ends in one process: each receives what the other sends, in order, later in the same turn of
 * the event loop.
 */
export function socketPair(): readonly [SocketEnd, SocketEnd] {
  const one: Peer = { messages: [], listener: undefined, closed: undefined, onClosed: undefined };
  const other: Peer = { messages: [], listener: undefined, closed: undefined, onClosed: undefined };
  return [endOver(one, other), endOver(other, one)];
}

/** `mine` receives, `theirs` is sent to. */
function endOver(mine: Peer, theirs: Peer): SocketEnd {
  const close = (code: number, reason: string): void => {
    if (mine.closed !== undefined) return;
    for (const peer of [mine, theirs]) {
      queueMicrotask(() => {
        if (peer.closed !== undefined) return;
        peer.closed = { code, reason };
        peer.onClosed?.(code, reason);
      });
    }
  };
  return {
    send: (text) => {
      if (theirs.closed !== undefined) return;
      queueMicrotask(() => {
        if (theirs.closed !== undefined) return;
        if (theirs.listener === undefined) theirs.messages.push(text);
        else theirs.listener(text);
      });
    },
    close,
    terminate: () => close(1006, ''),
    onMessage: (listener) => {
      mine.listener = listener;
      for (const text of mine.messages.splice(0)) listener(text);
    },
    onClose: (listener) => {
      mine.onClosed = listener;
      if (mine.closed !== undefined) listener(mine.closed.code, mine.closed.reason);
    },
  };
}
