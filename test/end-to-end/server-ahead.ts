import { once } from 'node:events';
import { createServer, request as onwardTo } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface ServerAhead extends AsyncDisposable {
  readonly apiUrl: string;
}

/**
 * Proxies a Prefect server and moves the `Date` header of its answers ahead. Refuses WebSockets.
 */
export async function serverAhead(apiUrl: string, aheadMs: number): Promise<ServerAhead> {
  const { hostname, port } = new URL(apiUrl);
  const server = createServer((incoming, answer) => {
    const { url = '', method = '', headers } = incoming;
    const onward = onwardTo({ hostname, port, path: url, method, headers }, (response) => {
      const date = new Date(Date.now() + aheadMs).toUTCString();
      answer.writeHead(response.statusCode ?? 502, { ...response.headers, date });
      response.pipe(answer);
    });
    onward.on('error', () => answer.destroy());
    incoming.pipe(onward);
  });
  server.on('upgrade', (_request, socket) => socket.destroy());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: own } = server.address() as AddressInfo; // it listens on a port, not on a pipe
  return {
    apiUrl: `http://127.0.0.1:${own}/api`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
