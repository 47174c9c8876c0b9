import { z } from 'zod';
import type { SocketEnd } from '../sockets.ts';
import { LogFilter, matchesLog } from './filters/other-filters.ts';
import { parseJson } from './prefect-socket.ts';
import type { World } from './world.ts';

const FilterMessage = z.looseObject({ type: z.literal('filter'), filter: z.unknown() });
const protocolError = 1002;

/** Log lines from now on that match the client's filter: what `prefect deployment run --watch` shows. */
export function serveLogsOut(world: World, socket: SocketEnd): void {
  let subscription: Disposable | undefined;
  socket.onClose(() => subscription?.[Symbol.dispose]());
  socket.onMessage((text) => {
    if (subscription !== undefined) return;
    const message = FilterMessage.safeParse(parseJson(text));
    if (!message.success) return socket.close(protocolError, "Expected 'filter' message");
    const filter = LogFilter.safeParse(message.data.filter);
    // The real server closes with the whole complaint as its reason, which is too long for one: the connection breaks.
    if (!filter.success) return socket.terminate();
    subscription = world.logStream.subscribe((log) => {
      if (matchesLog(filter.data, log))
        socket.send(JSON.stringify({ type: 'log', log: { ...log, created: null, updated: null } }));
    });
    return undefined;
  });
}
