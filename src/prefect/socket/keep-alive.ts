import type { Clock } from '../../kernel/clock.ts';
import { DeadlineError, within } from '../../kernel/deadline.ts';
import { SocketClosedError, type ClientSocket } from './socket.ts';

/**
 * As in Prefect's own client, whose websockets library pings every 20 s and waits as long for the
 * pong.
 */
const pingEveryMs = 20_000;
const pongWithinMs = 20_000;

/**
 * Closes a connection whose other end no longer answers. A cut cable sends no notice: without this,
 * a channel would count as healthy for a quarter of an hour while the server receives no
 * heartbeats. Ends with the signal.
 */
export async function keepAlive(
  socket: ClientSocket,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    await clock.sleep(pingEveryMs, signal);
    try {
      await within(pongWithinMs, clock, signal, (limited) => socket.ping(limited));
    } catch (error) {
      if (!(error instanceof DeadlineError)) throw error;
      socket.close(1011, 'no pong');
      // `closed` may take a while to resolve
      throw new SocketClosedError({ code: 1006, reason: 'no pong' });
    }
  }
}
