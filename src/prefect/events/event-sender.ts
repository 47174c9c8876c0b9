import type { PrefectEvent } from '../../core/prefect/event.ts';
import { linkAbort } from '../../kernel/abort.ts';
import { exponentialMs } from '../../kernel/backoff.ts';
import type { Clock } from '../../kernel/clock.ts';
import { toError } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { Random } from '../../kernel/random.ts';
import { Cancelled, withTaskGroup } from '../../kernel/task-group.ts';
import { within } from '../../kernel/deadline.ts';
import { shakeHands, type SocketServer } from '../socket/handshake.ts';
import type { ClientSocket, OpenSocket } from '../socket/socket.ts';
import { Waiters } from '../socket/waiters.ts';

export interface EventSenderOptions {
  readonly server: SocketServer;
  /** Prefect Cloud authenticates by a header, a self-hosted server by the first message. */
  readonly isCloud: boolean;
}

export interface EventSenderPorts {
  readonly openSocket: OpenSocket;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

interface Waiting {
  readonly id: string;
  readonly text: string;
  sent: number;
}

/** Events that wait or are unconfirmed. Beyond this, new ones are dropped and counted. */
const mostWaiting = 10_000;

/**
 * Events that may be sent before a pong confirms them. All of them are sent again after a reconnect
 * (prefect-api.md 7.1).
 */
const mostUnconfirmed = 700;

/** An event that was in flight when this many connections broke is assumed to be the cause. */
const mostSends = 10;

const confirmEveryMs = 20_000;
const pongWithinMs = 20_000;
const reconnectMs = { first: 1_000, longest: 30_000 };
const tellLostEveryMs = 60_000;

/**
 * Sends events to Prefect over one long-lived WebSocket, in order (prefect-api.md 7.1). The server
 * acknowledges nothing: a pong proves that it read what was sent before the ping. The rest is sent
 * again after a reconnect, with the same ids. `emit` must never wait or fail; events that
 * cannot be kept are counted.
 */
export class EventSender {
  readonly #options: EventSenderOptions;
  readonly #ports: EventSenderPorts;
  readonly #came = new Waiters<void>();
  readonly #confirmed = new Waiters<void>();
  readonly #hurry = new Waiters<void>();
  #waiting: Waiting[] = [];
  /** Sent over the open connection and not confirmed, oldest first. */
  #unconfirmed: Waiting[] = [];
  #lost = 0;
  #toldLostMs = -Infinity;

  constructor(options: EventSenderOptions, ports: EventSenderPorts) {
    this.#options = options;
    this.#ports = ports;
  }

  emit(event: PrefectEvent): void {
    if (this.#waiting.length + this.#unconfirmed.length >= mostWaiting) {
      this.#lose(event.id, 'too many events were waiting');
      return;
    }
    this.#waiting.push({ id: event.id, text: JSON.stringify(event), sent: 0 });
    this.#came.wakeAll();
  }

  /** Sends until the signal. Connects with the first event. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, log } = this.#ports;
    try {
      for (let failures = 1; ; failures += 1) {
        if (this.#waiting.length === 0) await this.#came.wait(signal);
        const { error, hasConfirmed } = await this.#serve(signal);
        signal.throwIfAborted();
        if (hasConfirmed) failures = 1;
        this.#takeBack();
        const waitMs = exponentialMs(failures, reconnectMs.first, reconnectMs.longest, random);
        log.debug('The event socket was interrupted', {
          failures,
          waitMs,
          error: error.message,
        });
        await clock.sleep(waitMs, signal);
      }
    } catch (error) {
      if (!signal.aborted)
        log.error('Stopped sending events to Prefect', { error: toError(error).message });
    }
  }

  /**
   * Resolves when the server has read all events. For the shutdown; `run` must still be running.
   */
  async flush(signal: AbortSignal): Promise<void> {
    while (this.#waiting.length + this.#unconfirmed.length > 0) {
      this.#hurry.wakeAll();
      await this.#confirmed.wait(signal);
    }
  }

  async #serve(
    signal: AbortSignal,
  ): Promise<{ readonly error: Error; readonly hasConfirmed: boolean }> {
    const { server, isCloud } = this.#options;
    const request = {
      server: { ...server, headers: { ...server.headers, ...authorization(server, isCloud) } },
      path: '/events/in',
      pingsFirst: true,
      subprotocol: isCloud ? 'none' : 'optional',
    } as const;
    let hasConfirmed = false;
    try {
      const { socket } = await shakeHands(request, this.#ports, signal, () => Promise.resolve());
      try {
        return await withTaskGroup(signal, async (group) => {
          group.spawn('end', async (inner) => {
            // the server sends nothing on this socket, so this only notices its end
            for (;;) await socket.next(inner);
          });
          const onPong = (): void => void (hasConfirmed = true);
          group.spawn('confirm', (inner) => this.#confirm(socket, onPong, inner));
          for (;;) await this.#sendSome(socket, group.signal);
        });
      } finally {
        socket.close(1000, '');
        await socket.closed;
      }
    } catch (error) {
      return { error: toError(error), hasConfirmed };
    }
  }

  async #sendSome(socket: ClientSocket, signal: AbortSignal): Promise<void> {
    const room = mostUnconfirmed - this.#unconfirmed.length;
    if (room === 0) {
      this.#hurry.wakeAll();
      return this.#confirmed.wait(signal);
    }
    const some = this.#waiting.splice(0, room);
    if (some.length === 0) return this.#came.wait(signal);
    for (const waiting of some) {
      waiting.sent += 1;
      this.#unconfirmed.push(waiting);
      socket.send(waiting.text);
    }
    return undefined;
  }

  /** Pings from time to time, and at once when the limit is reached or `flush` waits. */
  async #confirm(socket: ClientSocket, onPong: () => void, signal: AbortSignal): Promise<never> {
    const { clock } = this.#ports;
    for (;;) {
      const sent = this.#unconfirmed.length;
      await within(pongWithinMs, clock, signal, (limited) => socket.ping(limited));
      onPong();
      this.#unconfirmed.splice(0, sent);
      this.#confirmed.wakeAll();
      await this.#untilDue(signal);
    }
  }

  async #untilDue(signal: AbortSignal): Promise<void> {
    using nap = linkAbort(signal);
    const hurried = this.#hurry.wait(nap.signal);
    await Promise.race([hurried, this.#ports.clock.sleep(confirmEveryMs, nap.signal)]).finally(
      () => {
        nap.abort(new Cancelled('it is due'));
        hurried.catch(() => undefined);
      },
    );
  }

  /** Queues the unconfirmed events of the ended connection again, before the others. */
  #takeBack(): void {
    const again = this.#unconfirmed.filter(({ sent }) => sent < mostSends);
    for (const { id, sent } of this.#unconfirmed)
      if (sent >= mostSends)
        this.#lose(id, `the connection broke ${mostSends} times while the event was being sent`);
    this.#waiting = [...again, ...this.#waiting];
    this.#unconfirmed = [];
  }

  #lose(id: string, why: string): void {
    const { log, clock } = this.#ports;
    this.#lost += 1;
    log.debug(`Error emitting event ${id}`, { error: why });
    if (clock.monotonicMs() - this.#toldLostMs < tellLostEveryMs) return;
    this.#toldLostMs = clock.monotonicMs();
    log.warning(`Could not send events to Prefect (${this.#lost} lost so far): ${why}.`);
  }
}

function authorization(
  { apiKey, authString }: SocketServer,
  isCloud: boolean,
): { readonly Authorization?: string } {
  if (isCloud) return apiKey === undefined ? {} : { Authorization: `bearer ${apiKey.reveal()}` };
  if (authString === undefined) return {};
  return { Authorization: `Basic ${Buffer.from(authString.reveal()).toString('base64')}` };
}
