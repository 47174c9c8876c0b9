import { assertNever } from '../../kernel/errors.ts';
import { withTaskGroup } from '../../kernel/task-group.ts';
import { ChannelProtocolError, parseFrame, type Ready, type Snapshot } from './channel-frames.ts';
import { keepAlive } from '../socket/keep-alive.ts';
import { heartbeatFrame, type FrameParts } from './outbound-frames.ts';
import type { ClientSocket } from '../socket/socket.ts';
import type { CleanupMessage, OperationResult } from './channel-frames.ts';

/** What a session calls when frames arrive. */
export interface SessionEars {
  readonly onSnapshot: (snapshot: Snapshot) => void;
  /** Undefined: this session has no cleanup deliveries, and receiving one is a protocol error. */
  readonly cleanup:
    | {
        readonly onMessage: (message: CleanupMessage, sentAt: Date) => void;
        readonly onResult: (result: OperationResult, sentAt: Date) => void;
      }
    | undefined;
}

/** Observes heartbeats over this channel, which the server does not answer. */
export interface ChannelHeartbeats {
  /**
   * Calls `send` after the reads that must come before a heartbeat. Resolves after those that must
   * follow it.
   */
  around(send: () => void, signal: AbortSignal): Promise<void>;
  /** The hello counted as a heartbeat, and nothing was read around it. */
  unseen(): void;
}

export interface SessionName {
  readonly consumerId: string;
  readonly workerName: string;
}

/**
 * One established connection: sends heartbeats, receives snapshots and cleanup frames. Always ends
 * by throwing the reason.
 */
export async function serveSession(
  name: SessionName,
  socket: ClientSocket,
  ready: Ready,
  ears: SessionEars,
  parts: FrameParts & { readonly heartbeats: ChannelHeartbeats },
  signal: AbortSignal,
): Promise<never> {
  return withTaskGroup(signal, async (group) => {
    group.spawn('heartbeat', (inner) => beat(name, socket, ready.heartbeatMs, parts, inner));
    group.spawn('keep-alive', (inner) => keepAlive(socket, parts.clock, inner));
    for (;;) hear(await socket.next(group.signal), ears);
  });
}

/**
 * Heartbeats are sent up to this share of the interval early, at random. Two processes of one name
 * in step would never notice each other's heartbeats (worker.md L2).
 */
const soonerBy = 0.25;

/** Beats at the server's interval or somewhat earlier. The hello replaces the first heartbeat. */
async function beat(
  { consumerId, workerName }: SessionName,
  socket: ClientSocket,
  everyMs: number,
  parts: FrameParts & { readonly heartbeats: ChannelHeartbeats },
  signal: AbortSignal,
): Promise<void> {
  const { clock, heartbeats, random } = parts;
  for (;;) {
    await clock.sleep(everyMs * (1 - soonerBy * random.next()), signal);
    await heartbeats.around(() => {
      socket.send(heartbeatFrame(consumerId, workerName, everyMs / 1000, parts).text);
    }, signal);
  }
}

function hear(text: string, ears: SessionEars): void {
  const frame = parseFrame(text);
  switch (frame.type) {
    case 'work_pool.snapshot.v1':
      return ears.onSnapshot(frame.payload);
    case 'worker.ready.v1':
      throw new ChannelProtocolError('the server sent a second ready frame');
    case 'cleanup.message.v1':
      return cleanupOf(ears).onMessage(frame.payload, frame.sent_at);
    case 'cleanup.operation_result.v1':
      return cleanupOf(ears).onResult(frame.payload, frame.sent_at);
    default:
      return assertNever(frame);
  }
}

function cleanupOf(ears: SessionEars): NonNullable<SessionEars['cleanup']> {
  if (ears.cleanup === undefined)
    throw new ChannelProtocolError('the server sent cleanup work that the worker did not ask for');
  return ears.cleanup;
}
