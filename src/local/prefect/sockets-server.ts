import { Answer } from '../message.ts';
import type { SocketEnd, SocketUpgrade } from '../sockets.ts';
import { acceptPrefectSocket, type SocketPolicy } from './prefect-socket.ts';
import { serveEventsIn } from './events-in.ts';
import { serveEventsOut } from './events-out.ts';
import { serveLogsOut } from './logs-out.ts';
import { serveWorkerChannel } from './worker-channel.ts';
import type { World } from './world.ts';

const channelPath = /^\/work_pools\/([^/]+)\/workers\/connect$/;

/** The server's WebSockets. */
export class Sockets {
  readonly #world: World;
  readonly #authString: string | undefined;
  readonly #open = new Set<SocketEnd>();

  constructor(world: World, authString: string | undefined) {
    this.#world = world;
    this.#authString = authString;
  }

  /**
   * Returns a refusal, if there is one. An unknown route is refused with 403, as in the framework.
   */
  open(upgrade: SocketUpgrade, path: string): Answer | undefined {
    const { version } = this.#world;
    if (path === '/events/in') {
      if (!version.has('eventsInHandshake')) {
        serveEventsIn(this.#world, this.#kept(upgrade.accept()));
        return undefined;
      }
      return this.#accept(upgrade, {}, (socket) => serveEventsIn(this.#world, socket));
    }
    if (path === '/events/out') {
      const isChecked = version.has('eventsOutAuth');
      return this.#accept(upgrade, { isChecked }, (socket) => serveEventsOut(this.#world, socket));
    }
    if (path === '/logs/out')
      return this.#accept(upgrade, {}, (socket) => serveLogsOut(this.#world, socket));
    const poolName = channelPath.exec(path)?.[1];
    if (poolName === undefined || !version.has('workerChannel')) return new Answer(403);
    const policy = { needsProtocol: true, failure: 'authentication_failed' };
    return this.#accept(upgrade, policy, (socket) =>
      serveWorkerChannel(this.#world, decodeURIComponent(poolName), socket),
    );
  }

  terminateAll(): void {
    for (const socket of this.#open) socket.terminate();
    this.#open.clear();
  }

  #accept(
    upgrade: SocketUpgrade,
    policy: SocketPolicy,
    serve: (socket: SocketEnd) => void,
  ): Answer | undefined {
    return acceptPrefectSocket(
      upgrade,
      this.#authString,
      policy,
      (socket) => this.#kept(socket),
      serve,
    );
  }

  #kept(socket: SocketEnd): SocketEnd {
    this.#open.add(socket);
    return socket;
  }
}
