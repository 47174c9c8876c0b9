import type { SocketEnd } from '../sockets.ts';
import { onFilter } from './filtered-socket.ts';
import { LogFilter, matchesLog } from './filters/other-filters.ts';
import type { World } from './world.ts';

/**
 * Log lines from now on that match the client's filter: what `prefect deployment run --watch`
 * shows.
 */
export function serveLogsOut(world: World, socket: SocketEnd): void {
  onFilter(socket, LogFilter, (filter) =>
    world.logStream.subscribe((log) => {
      if (matchesLog(filter, log))
        socket.send(JSON.stringify({ type: 'log', log: { ...log, created: null, updated: null } }));
    }),
  );
}
