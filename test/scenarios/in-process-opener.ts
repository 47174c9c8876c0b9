import { inProcessSocket } from '../../src/local/in-process.ts';
import type { SocketHandler } from '../../src/local/sockets.ts';
import { MessageQueue } from '../../src/prefect/socket/message-queue.ts';
import {
  SocketUnreachableError,
  UpgradeRefusedError,
  type ClientSocket,
  type OpenSocket,
  type SocketClose,
} from '../../src/prefect/socket/socket.ts';
import type { Outside } from './outside.ts';

/**
 * Opens a worker's WebSockets to a local server. They close when the worker is killed, and deliver
 * nothing while it is frozen.
 */
export function inProcessOpener(handler: SocketHandler, outside: Outside): OpenSocket {
  const connect = inProcessSocket(handler);
  return async ({ url, protocols, headers }, signal) => {
    await outside.alive();
    const opening = await connect(url, { protocols, headers, signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw new SocketUnreachableError(url, String(error));
    });
    await outside.alive();
    if (opening.kind === 'refused') throw new UpgradeRefusedError(url, opening.status);
    const { socket, protocol } = opening;
    const messages = new MessageQueue();
    const cut = (): void => socket.terminate();
    outside.onDeath(cut);
    const closed = new Promise<SocketClose>((resolve) => {
      socket.onClose((code, reason) => {
        messages.end({ code, reason });
        resolve({ code, reason });
      });
    });
    socket.onMessage((text) => void messages.push(text));
    const client: ClientSocket = {
      protocol: protocol ?? '',
      send: (text) => {
        if (!outside.isDead) socket.send(text);
      },
      next: async (until) => {
        const text = await messages.next(until);
        await outside.alive();
        return text;
      },
      ping: () => outside.alive(),
      closed,
      close: (code, reason) => socket.close(code, reason),
    };
    return client;
  };
}
