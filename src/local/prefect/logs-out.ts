import type { SocketEnd } from '../sockets.ts';
import { onFilter } from './filtered-socket.ts';
import { LogFilter, matchesLog } from './filters/other-filters.ts';
import type { World } from './world.ts';

/** Matching log lines from now on, as shown by `prefect deployment run --watch`. */
export function serveLogsOut(world: World, socket: SocketEnd): void {
  onFilter(socket, LogFilter, (filter) =>
    world.logStream.subscribe((log) => {
      if (matchesLog(filter, log))
        socket.send(JSON.stringify({ type: 'log', log: { ...log, created: null, updated: null } }));
    }),
  );
}
