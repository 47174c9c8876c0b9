import type { SocketEnd } from '../sockets.ts';
import { EventInput } from './events.ts';
import { parseJson } from './prefect-socket.ts';
import type { World } from './world.ts';

/**
 * One event a message, without an answer. Anything else breaks the connection, as an exception does
 * in the real server.
 */
export function serveEventsIn(world: World, socket: SocketEnd): void {
  socket.onMessage((text) => {
    const event = EventInput.safeParse(parseJson(text));
    if (event.success) world.events.receive(event.data);
    else socket.terminate();
  });
}
