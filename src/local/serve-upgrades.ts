import { Answer } from './message.ts';
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { Disconnect } from './disconnect.ts';
import { headersOf, urlOf } from './incoming.ts';
import { refusalOf } from './loopback-rules.ts';
import type { SocketEnd, SocketHandler } from './sockets.ts';

/** Lets a server open WebSockets. Returns a function that ends all open ones. */
export function serveUpgrades(
  server: Server,
  handler: SocketHandler | undefined,
  mostBytes: number,
): () => void {
  server.on('upgrade', (incoming: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const refusal = refusalOf(incoming) ?? (handler === undefined ? new Answer(403) : undefined);
    if (refusal !== undefined || handler === undefined) return refuse(socket, refusal);
    void upgrade({ handler, mostBytes }, incoming, socket, head);
    return undefined;
  });
  const open = new Set<Duplex>();
  server.on('upgrade', (_incoming: IncomingMessage, socket: Duplex) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
  });
  return () => {
    for (const socket of open) socket.destroy();
  };
}

interface Upgrades {
  readonly handler: SocketHandler;
  /** The maximum size of one message. */
  readonly mostBytes: number;
}

async function upgrade(
  { handler, mostBytes }: Upgrades,
  incoming: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const gone = new AbortController();
  socket.once('close', () => gone.abort(new Disconnect('the client disconnected')));
  const offered = incoming.headers['sec-websocket-protocol'] ?? '';
  const protocols = offered.split(',').map((protocol) => protocol.trim());
  const request = { url: urlOf(incoming), headers: headersOf(incoming), signal: gone.signal };
  let isOpen = false;
  try {
    const refusal = await handler({
      request,
      protocols: protocols.filter((protocol) => protocol !== ''),
      accept: (protocol) => {
        isOpen = true;
        return accepted({ incoming, socket, head, mostBytes }, protocol);
      },
    });
    if (!isOpen) refuse(socket, refusal);
  } catch (error) {
    if (!(error instanceof Disconnect) && !isOpen) refuse(socket, new Answer(500));
    else socket.destroy();
  }
}

interface Handshake {
  readonly incoming: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  readonly mostBytes: number;
}

/** `ws` calls back within this call, so there is nothing to await. */
function accepted(
  { incoming, socket, head, mostBytes }: Handshake,
  protocol: string | undefined,
): SocketEnd {
  const sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: () => protocol ?? false,
    maxPayload: mostBytes,
  });
  let end: SocketEnd | undefined;
  sockets.handleUpgrade(incoming, socket, head, (webSocket) => {
    end = endOver(webSocket);
  });
  // An invalid handshake has been answered with 400 by then.
  if (end === undefined) throw new Disconnect('the client did not speak WebSocket');
  return end;
}

function endOver(webSocket: WebSocket): SocketEnd {
  const waiting: string[] = [];
  let listener: ((text: string) => void) | undefined;
  let closed: { readonly code: number; readonly reason: string } | undefined;
  let onClosed: ((code: number, reason: string) => void) | undefined;
  webSocket.on('message', (message: Buffer) => {
    const text = message.toString('utf8');
    if (listener === undefined) waiting.push(text);
    else listener(text);
  });
  webSocket.on('error', () => webSocket.terminate());
  webSocket.on('close', (code: number, reason: Buffer) => {
    closed = { code, reason: reason.toString('utf8') };
    onClosed?.(closed.code, closed.reason);
  });
  return {
    send: (text) => webSocket.send(text),
    close: (code, reason) => webSocket.close(code, reason),
    terminate: () => webSocket.terminate(),
    onMessage: (next) => {
      listener = next;
      for (const text of waiting.splice(0)) next(text);
    },
    onClose: (next) => {
      onClosed = next;
      if (closed !== undefined) next(closed.code, closed.reason);
    },
  };
}

function refuse(socket: Duplex, refusal: Answer | undefined): void {
  const status = refusal?.status ?? 403;
  socket.end(`HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
