import type { WorkPool } from '../../core/prefect/work-pool.ts';
import type { Clock } from '../../kernel/clock.ts';
import { isDefect, toError } from '../../kernel/errors.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { Random } from '../../kernel/random.ts';
import { withTaskGroup, type TaskGroup } from '../../kernel/task-group.ts';
import {
  ChannelProtocolError,
  checkReady,
  cleanupCapability,
  parseFrame,
  type Ready,
  type Snapshot,
} from './channel-frames.ts';
import { serveSession, type ChannelHeartbeats, type SessionEars } from './channel-session.ts';
import { afterEnd, retryDelayMs, type ChannelStatus } from './channel-state.ts';
import { CleanupDeliveries, type HandleCleanup } from './cleanup-deliveries.ts';
import { CleanupOperations } from './cleanup-operations.ts';
import { shakeHands, type SocketServer } from '../socket/handshake.ts';
import { helloFrame, type Hello } from './outbound-frames.ts';
import type { ClientSocket, OpenSocket } from '../socket/socket.ts';

export interface WorkerChannelOptions {
  readonly server: SocketServer;
  readonly workPoolName: string;
  readonly workerName: string;
  readonly workerType: string;
  /** The interval proposed to the server, which decides. A whole number of at least 1. */
  readonly heartbeatSeconds: number;
  /** Empty: all queues. A name that does not exist disables the channel. */
  readonly workQueueNames: readonly string[];
  readonly createPoolIfNotFound: boolean;
  /** For a pool without a template: the user's template if there is one, else the built-in one. */
  readonly baseJobTemplate: JsonObject;
  /** Sent to the server once in a process. */
  readonly workerMetadata: JsonObject | undefined;
  /** The kinds that `handleCleanup` supports. Empty: the worker asks for no cleanup deliveries. */
  readonly cleanupKinds: readonly string[];
}

export interface WorkerChannelPorts {
  readonly openSocket: OpenSocket;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  /** Kept up to date for the sync over REST. */
  readonly status: ChannelStatus;
  readonly onSnapshot: (workPool: WorkPool) => void;
  /** Prefect Cloud sends this; a self-hosted server never does. */
  readonly onWorkerId: (workerId: string) => void;
  readonly handleCleanup: HandleCleanup;
  readonly heartbeats: ChannelHeartbeats;
}

/**
 * The kind of cleanup work that servers since 3.7.5 deliver: a run stayed CANCELLING for too long.
 */
export const cancellingTimeoutTeardown = 'cancelling_timeout_teardown.v1';

/** A worker is never asked for more than one teardown at a time. */
const maxCleanupConcurrency = 1;

/**
 * The worker channel: one WebSocket for heartbeats, changes of the work pool and cleanup work
 * (prefect-api.md 2.4). It reconnects until the signal aborts or the server turns out to have no
 * channel. Failures are logged at debug level only, because REST then does the same work. Never
 * rejects.
 */
export async function runWorkerChannel(
  options: WorkerChannelOptions,
  ports: WorkerChannelPorts,
  signal: AbortSignal,
): Promise<void> {
  try {
    await withTaskGroup(signal, async (group) => {
      await new WorkerChannel(options, ports, group).run();
      // Remaining cleanup work has no connection left to report over.
      group.cancel('the channel is disabled');
    });
  } catch (error) {
    if (isDefect(error))
      ports.log.error('The worker channel failed. Heartbeats now use REST.', {
        error: toError(error).message,
      });
    else if (!signal.aborted)
      ports.log.debug('Worker channel failed', { error: toError(error).message });
    ports.status.become('disabled');
  }
}

/**
 * Owns the channel's connections, one after the other, and the cleanup work that outlives them. It
 * must set the status on every way out: a channel that still counts as healthy sends no heartbeats
 * over REST, and the worker would look dead.
 */
class WorkerChannel {
  readonly #options: WorkerChannelOptions;
  readonly #ports: WorkerChannelPorts;
  readonly #group: TaskGroup;
  readonly #hello: Hello;
  readonly #operations: CleanupOperations;
  readonly #deliveries: CleanupDeliveries;
  #hasBeenHealthy = false;
  #attempts = 0;
  /** For this connection only: each one counts from 1 again. */
  #lastSequence = 0;

  constructor(options: WorkerChannelOptions, ports: WorkerChannelPorts, group: TaskGroup) {
    this.#options = options;
    this.#ports = ports;
    this.#group = group;
    this.#hello = {
      ...options,
      consumerId: ports.random.uuid(),
      heartbeatSeconds: Math.max(1, Math.trunc(options.heartbeatSeconds)),
      maxCleanupConcurrency,
      metadata: options.workerMetadata,
    };
    this.#operations = new CleanupOperations(ports);
    this.#deliveries = new CleanupDeliveries({
      ...ports,
      operations: this.#operations,
      handledKinds: options.cleanupKinds,
      handle: ports.handleCleanup,
    });
  }

  async run(): Promise<void> {
    const { signal } = this.#group;
    const { clock, log, status } = this.#ports;
    for (;;) {
      status.become('connecting');
      const error = await this.#connectAndServe();
      signal.throwIfAborted();
      const { next, reason } = afterEnd(error, this.#hasBeenHealthy);
      log.debug('Worker channel ended', { next, reason, error: error.message });
      if (next === 'disabled') return status.become('disabled');
      status.become('fallback_retrying');
      this.#attempts += 1;
      await clock.sleep(retryDelayMs(this.#attempts), signal);
    }
  }

  /** Resolves with why the connection ended or failed. */
  async #connectAndServe(): Promise<Error> {
    let socket: ClientSocket | undefined;
    try {
      const session = await this.#connect();
      socket = session.socket;
      return await this.#serve(socket, session.greeting);
    } catch (error) {
      if (error instanceof ChannelProtocolError) socket?.close(1002, 'protocol_error');
      else socket?.close(1000, '');
      await socket?.closed;
      return toError(error);
    }
  }

  #connect(): Promise<{ readonly socket: ClientSocket; readonly greeting: Ready }> {
    const request = {
      server: this.#options.server,
      path: `/work_pools/${encodeURIComponent(this.#options.workPoolName)}/workers/connect`,
      pingsFirst: false,
      subprotocol: 'required',
    } as const;
    // sent with the first hello
    const metadata = this.#hasBeenHealthy ? undefined : this.#hello.metadata;
    return shakeHands(request, this.#ports, this.#group.signal, async (socket, signal) => {
      this.#ports.heartbeats.unseen();
      socket.send(helloFrame({ ...this.#hello, metadata }, this.#ports).text);
      const frame = parseFrame(await socket.next(signal));
      if (frame.type !== 'worker.ready.v1')
        throw new ChannelProtocolError('the server did not send a ready frame');
      checkReady(frame.payload, this.#hello.consumerId, this.#hello.cleanupKinds.length > 0);
      return frame.payload;
    });
  }

  async #serve(socket: ClientSocket, ready: Ready): Promise<never> {
    this.#hasBeenHealthy = true;
    this.#attempts = 0;
    this.#lastSequence = 0;
    this.#apply(ready.snapshot);
    if (ready.workerId !== undefined) this.#ports.onWorkerId(ready.workerId);
    const ears = {
      onSnapshot: (one: Snapshot) => this.#apply(one),
      cleanup: this.#cleanupIn(ready),
    };
    if (ears.cleanup === undefined) this.#deliveries.cancelAll();
    else this.#operations.attach((text) => socket.send(text));
    this.#ports.status.become('healthy');
    try {
      return await serveSession(this.#hello, socket, ready, ears, this.#ports, this.#group.signal);
    } finally {
      // Set now: closing may take a while when the other end is gone.
      this.#ports.status.become('fallback_retrying');
      this.#operations.detach();
    }
  }

  #cleanupIn(ready: Ready): SessionEars['cleanup'] {
    if (!ready.capabilities.includes(cleanupCapability)) return undefined;
    this.#deliveries.limitTo(Math.min(maxCleanupConcurrency, ready.maxCleanupConcurrency));
    return {
      onMessage: (message, sentAt) =>
        this.#group.spawn('cleanup', (signal) => this.#deliveries.deliver(message, sentAt, signal)),
      onResult: (result, sentAt) => this.#operations.receive(result, sentAt),
    };
  }

  /** Ignores a snapshot that a newer one has overtaken. */
  #apply({ sequence, workPool }: Snapshot): void {
    if (sequence <= this.#lastSequence) return;
    this.#lastSequence = sequence;
    this.#ports.status.noteSnapshot();
    this.#ports.onSnapshot(workPool);
  }
}
