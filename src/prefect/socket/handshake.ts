import { z } from 'zod';
import { usersMembers } from '../../core/prefect/json.ts';
import type { Clock } from '../../kernel/clock.ts';
import { WorkerError } from '../../kernel/errors.ts';
import type { Secret } from '../../kernel/secret.ts';
import { within } from '../../kernel/deadline.ts';
import { parseKeeping } from '../../kernel/written-numbers.ts';
import { SubprotocolMissingError, type ClientSocket, type OpenSocket } from './socket.ts';

/** The Prefect server that sockets connect to. */
export interface SocketServer {
  /** `http(s)://.../api`, without a trailing slash. */
  readonly apiUrl: string;
  /** Sent with every upgrade; see `socketHeaders`. */
  readonly headers: Readonly<Record<string, string>>;
  readonly apiKey: Secret | undefined;
  readonly authString: Secret | undefined;
}

export interface SocketPorts {
  readonly openSocket: OpenSocket;
  readonly clock: Clock;
}

export interface HandshakeRequest {
  readonly server: SocketServer;
  /** Relative to the API's base URL, with names percent-encoded. */
  readonly path: string;
  /** Wait for a pong before anything else, as Prefect's event clients do. */
  readonly pingsFirst: boolean;
  /**
   * `optional`: accept a server that selects no subprotocol, and do not log in there. `none`: for
   * `/events/in` of Prefect Cloud, which authenticates by a header.
   */
  readonly subprotocol: 'required' | 'optional' | 'none';
}

/** The server refused our credentials, or answered the login with something else. */
export class LogInRefusedError extends WorkerError {
  override readonly name = 'LogInRefusedError';

  constructor(reason: string | undefined) {
    super(`Prefect refused the WebSocket login${reason === undefined ? '' : `: ${reason}`}`);
  }
}

/** Time for connection, log-in and first exchange together (prefect-api.md 2.4.1). */
const setUpWithinMs = 10_000;

const subprotocol = 'prefect';

export function socketUrl(apiUrl: string, path: string): string {
  return apiUrl.replace(/^http/, 'ws').replace(/\/+$/, '') + path;
}

/**
 * Opens a WebSocket to Prefect, logs in and makes the first exchange (`greet`), all within 10 s
 * (prefect-api.md 1.6). On any failure the socket is closed; otherwise the caller has to close it.
 */
export async function shakeHands<T>(
  request: HandshakeRequest,
  ports: SocketPorts,
  signal: AbortSignal,
  greet: (socket: ClientSocket, signal: AbortSignal) => Promise<T>,
): Promise<{ readonly socket: ClientSocket; readonly greeting: T }> {
  return within(setUpWithinMs, ports.clock, signal, async (limited) => {
    const { socket, logsIn } = await open(request, ports.openSocket, limited);
    try {
      if (request.pingsFirst) await socket.ping(limited);
      if (logsIn) await logIn(socket, request.server, limited);
      return { socket, greeting: await greet(socket, limited) };
    } catch (error) {
      socket.close(1000, '');
      await socket.closed;
      throw error;
    }
  });
}

async function open(
  { server, path, subprotocol: need }: HandshakeRequest,
  openSocket: OpenSocket,
  signal: AbortSignal,
): Promise<{ readonly socket: ClientSocket; readonly logsIn: boolean }> {
  const to = { url: socketUrl(server.apiUrl, path), headers: server.headers };
  if (need === 'none')
    return { socket: await openSocket({ ...to, protocols: [] }, signal), logsIn: false };
  try {
    return { socket: await openSocket({ ...to, protocols: [subprotocol] }, signal), logsIn: true };
  } catch (error) {
    if (need === 'required' || !(error instanceof SubprotocolMissingError)) throw error;
    // A server before 3.6.14 would read the login as an event and drop the connection.
    return { socket: await openSocket({ ...to, protocols: [] }, signal), logsIn: false };
  }
}

const LogInAnswer = z.object({ type: z.string(), reason: z.string().nullish() });

/**
 * Sent even without credentials. The token is raw, not base64 as in the HTTP header. The auth
 * string wins over the key.
 */
async function logIn(
  socket: ClientSocket,
  server: SocketServer,
  signal: AbortSignal,
): Promise<void> {
  const token = server.authString ?? server.apiKey;
  socket.send(JSON.stringify({ type: 'auth', token: token?.reveal() ?? null }));
  const answer = LogInAnswer.safeParse(jsonIn(await socket.next(signal)));
  if (answer.data?.type !== 'auth_success')
    throw new LogInRefusedError(answer.data?.reason ?? undefined);
}

/** Returns `undefined`, which no schema accepts, for text that is not JSON. */
export function jsonIn(text: string): unknown {
  try {
    return parseKeeping(text, usersMembers);
  } catch {
    return undefined;
  }
}
