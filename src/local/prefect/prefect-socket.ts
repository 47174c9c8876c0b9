import { Answer } from '../message.ts';
import { z } from 'zod';
import { isSameSecret } from '../same-secret.ts';
import type { SocketEnd, SocketUpgrade } from '../sockets.ts';

export interface SocketPolicy {
  /** Requires the subprotocol `prefect`, with or without authentication. */
  readonly needsProtocol?: boolean;
  /** Whether the token is compared at all. Default: true. */
  readonly isChecked?: boolean;
  /** The close reason for failed authentication. Default: a specific sentence for each cause. */
  readonly failure?: string;
}

const Auth = z.looseObject({ type: z.literal('auth'), token: z.unknown().optional() });
const policyViolation = 1008;

/**
 * Does the handshake of every `prefect` socket (prefect-api.md 1.6), then hands the socket and all
 * later messages to `serve`.
 */
export function acceptPrefectSocket(
  upgrade: SocketUpgrade,
  authString: string | undefined,
  policy: SocketPolicy,
  keep: (socket: SocketEnd) => SocketEnd,
  serve: (socket: SocketEnd) => void,
): Answer | undefined {
  const expected = policy.isChecked === false ? undefined : authString;
  if (!upgrade.protocols.includes('prefect')) {
    if (expected !== undefined || policy.needsProtocol === true) return new Answer(403);
    serve(keep(upgrade.accept()));
    return undefined;
  }
  const socket = keep(upgrade.accept('prefect'));
  const refuse = (reason: string): void => socket.close(policyViolation, policy.failure ?? reason);
  const inbox = inboxOver(socket);
  inbox.next((text) => {
    const message = Auth.safeParse(parseJson(text));
    if (!message.success) return refuse("Expected 'auth' message");
    if (expected !== undefined) {
      if (typeof message.data.token !== 'string' || message.data.token === '') {
        return refuse('Auth required but no token provided');
      }
      if (!isSameSecret(message.data.token, expected)) return refuse('Invalid token');
    }
    socket.send(JSON.stringify({ type: 'auth_success' }));
    serve(inbox.rest());
    return undefined;
  });
  return undefined;
}

/** Separates the first message from later ones, which wait until there is a listener. */
function inboxOver(socket: SocketEnd): {
  next(listener: (text: string) => void): void;
  rest(): SocketEnd;
} {
  const waiting: string[] = [];
  let first: ((text: string) => void) | undefined;
  let others: ((text: string) => void) | undefined;
  socket.onMessage((text) => {
    if (first !== undefined) {
      const listener = first;
      first = undefined;
      listener(text);
    } else if (others === undefined) waiting.push(text);
    else others(text);
  });
  return {
    next: (listener) => {
      first = listener;
      const text = waiting.shift();
      if (text === undefined) return;
      first = undefined;
      listener(text);
    },
    rest: () => ({
      ...socket,
      onMessage: (listener) => {
        others = listener;
        for (const text of waiting.splice(0)) listener(text);
      },
    }),
  };
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
