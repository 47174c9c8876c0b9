import { z } from 'zod';
import { exponentialMs } from '../../kernel/backoff.ts';
import type { Clock } from '../../kernel/clock.ts';
import { toError } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/logger.ts';
import { LruMap } from '../../kernel/lru-map.ts';
import type { Random } from '../../kernel/random.ts';
import { withTaskGroup } from '../../kernel/task-group.ts';
import { jsonIn, shakeHands, type SocketServer } from '../socket/handshake.ts';
import { keepAlive } from '../socket/keep-alive.ts';
import type { ClientSocket, OpenSocket } from '../socket/socket.ts';

export interface CancellingOptions {
  readonly server: SocketServer;
  readonly workPoolId: string;
}

export interface CancellingPorts {
  readonly openSocket: OpenSocket;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Kept up to date for the polling fallback. */
  readonly status: CancellingStatus;
}

/** Whether cancellation events arrive. While they do not, cancellations must be polled for. */
export interface CancellingView {
  readonly isConnected: boolean;
}

/** The view and its mutators. */
export class CancellingStatus implements CancellingView {
  #isConnected = false;

  get isConnected(): boolean {
    return this.#isConnected;
  }

  become(isConnected: boolean): void {
    this.#isConnected = isConnected;
  }
}

/**
 * A run that a user forces to Cancelled was never Cancelling. Its task must be stopped all the
 * same.
 */
const eventNames: readonly string[] = ['prefect.flow-run.Cancelling', 'prefect.flow-run.Cancelled'];
const flowRunPrefix = 'prefect.flow-run.';
const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
const reconnectMs = { first: 1_000, longest: 30_000 };

/** A connection that lasted this long was good: the next wait is short again. */
const goodAfterMs = 30_000;

/** Event ids to remember. A reconnect repeats one minute, which is far fewer. */
const remembered = 10_000;

const Message = z.object({
  type: z.literal('event'),
  event: z.object({
    id: z.string(),
    occurred: z.string(),
    event: z.string(),
    resource: z.looseObject({ 'prefect.resource.id': z.string() }),
  }),
});

const isUuid = z.uuid();

/**
 * Calls `onCancelling` once for each run of the pool that becomes Cancelling or Cancelled.
 * Reconnects without end, also after a clean close, and then asks for the events that it may have
 * missed (prefect-api.md 3, 7.4). Ends with the signal; never rejects.
 */
export async function subscribeToCancelling(
  options: CancellingOptions,
  ports: CancellingPorts,
  onCancelling: (flowRunId: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const { clock, random, log, status } = ports;
  const stream = new CancellingStream(options, ports, onCancelling);
  try {
    for (let failures = 1; ; failures += 1) {
      const sinceMs = clock.monotonicMs();
      const error = await stream.follow(signal);
      status.become(false);
      signal.throwIfAborted();
      if (clock.monotonicMs() - sinceMs >= goodAfterMs) failures = 1;
      const waitMs = exponentialMs(failures, reconnectMs.first, reconnectMs.longest, random);
      log.debug('Cancelling events interrupted', { failures, waitMs, error: error.message });
      await clock.sleep(waitMs, signal);
    }
  } catch (error) {
    if (!signal.aborted) log.debug('Cancelling events failed', { error: toError(error).message });
  }
}

/**
 * Owns what must survive a reconnect: the events already reported, and the time from which to ask
 * again. Without them, a reconnect would repeat or miss cancellations.
 */
class CancellingStream {
  readonly #options: CancellingOptions;
  readonly #ports: CancellingPorts;
  readonly #onCancelling: (flowRunId: string) => void;
  readonly #seen = new LruMap<string, true>(remembered);
  /**
   * Milliseconds since the epoch. Advances with the events seen, so that none between two
   * connections is missed.
   */
  #since: number | undefined;

  constructor(
    options: CancellingOptions,
    ports: CancellingPorts,
    onCancelling: (flowRunId: string) => void,
  ) {
    this.#options = options;
    this.#ports = ports;
    this.#onCancelling = onCancelling;
  }

  /** Resolves with why the connection ended or failed. */
  async follow(signal: AbortSignal): Promise<Error> {
    const { server } = this.#options;
    const request = {
      server,
      path: '/events/out',
      pingsFirst: true,
      subprotocol: 'required',
    } as const;
    try {
      const { socket } = await shakeHands(request, this.#ports, signal, (opened) =>
        this.#ask(opened),
      );
      try {
        return await this.#listen(socket, signal);
      } finally {
        socket.close(1000, '');
        await socket.closed;
      }
    } catch (error) {
      return toError(error);
    }
  }

  /** The server does not answer this. Events simply begin to arrive. */
  #ask(socket: ClientSocket): Promise<void> {
    const nowMs = this.#ports.clock.now().getTime();
    this.#since ??= nowMs - minuteMs;
    const filter = {
      occurred: {
        since: new Date(this.#since).toISOString(),
        until: new Date(nowMs + 365 * dayMs).toISOString(),
      },
      event: { name: eventNames },
      any_resource: { id: [`prefect.work-pool.${this.#options.workPoolId}`] },
    };
    socket.send(JSON.stringify({ type: 'filter', backfill: true, filter }));
    return Promise.resolve();
  }

  #listen(socket: ClientSocket, signal: AbortSignal): Promise<never> {
    this.#ports.status.become(true);
    return withTaskGroup(signal, async (group) => {
      group.spawn('keep-alive', (inner) => keepAlive(socket, this.#ports.clock, inner));
      for (;;) this.#hear(await socket.next(group.signal));
    });
  }

  #hear(text: string): void {
    const { log } = this.#ports;
    const message = Message.safeParse(jsonIn(text));
    if (!message.success) return log.debug('Ignored a message that is not an event');
    const { event } = message.data;
    if (this.#seen.get(event.id) === true) return undefined;
    this.#seen.set(event.id, true);
    this.#advance(new Date(event.occurred).getTime());
    if (!eventNames.includes(event.event)) return undefined;
    const resourceId = event.resource['prefect.resource.id'];
    const flowRunId = resourceId.startsWith(flowRunPrefix)
      ? resourceId.slice(flowRunPrefix.length)
      : '';
    if (!isUuid.safeParse(flowRunId).success) {
      return log.warning('A cancellation event names no flow run', { resourceId });
    }
    try {
      this.#onCancelling(flowRunId);
    } catch (error) {
      log.debug('Could not handle a cancellation event', {
        flowRunId,
        error: toError(error).message,
      });
    }
    return undefined;
  }

  /**
   * Sets the start of the next request to a minute before the latest event, because events may
   * arrive out of order. It never passes now, or events would be missed.
   */
  #advance(occurredMs: number): void {
    const since = Math.min(occurredMs, this.#ports.clock.now().getTime()) - minuteMs;
    // false for NaN, an unreadable time
    if (since > (this.#since ?? 0)) this.#since = since;
  }
}
