import { jsonTextOf } from '../../kernel/written-numbers.ts';
import type { SocketEnd } from '../sockets.ts';
import { checkTemplate } from './base-job-template.ts';
import type { OperationResult } from './cleanup-queue.ts';
import { HttpError } from './http.ts';
import { parseJson } from './prefect-socket.ts';
import type { WorkPool, WorkQueue } from './records.ts';
import { showPool } from './views.ts';
import {
  channelVersion,
  cleanupDelivery,
  requiredCapabilities,
  WorkerFrame,
  type Hello,
} from './worker-channel-frames.ts';
import { createPool, isReserved, recordHeartbeat, updatePool } from './work-pools.ts';
import type { World } from './world.ts';

const closeCodes = {
  authorization_failed: 1008,
  unsupported_version: 1008,
  protocol_error: 1002,
  heartbeat_persistence_failed: 1011,
  transient_server_error: 1011,
} as const;
type CloseReason = keyof typeof closeCodes;

/** Refuses a hello, with the reason for the close frame. */
class SetupError extends Error {
  override readonly name = 'SetupError';
  readonly reason: CloseReason;

  constructor(reason: CloseReason) {
    super(reason);
    this.reason = reason;
  }
}

/** The worker channel, `/work_pools/{name}/workers/connect` (prefect-api.md 2.4, 2.10). */
export function serveWorkerChannel(world: World, poolName: string, socket: SocketEnd): void {
  const close = (reason: CloseReason): void => socket.close(closeCodes[reason], reason);
  let connection: Connection | undefined;
  socket.onClose(() => connection?.end());
  socket.onMessage((text) => {
    const frame = WorkerFrame.safeParse(parseJson(text));
    if (!frame.success) return close('protocol_error');
    try {
      if (connection !== undefined) connection.receive(frame.data);
      else if (frame.data.type === 'worker.hello.v1')
        connection = welcome(world, poolName, socket, frame.data.payload);
      else close('protocol_error');
    } catch (error) {
      if (error instanceof SetupError) close(error.reason);
      // A body that the REST API would refuse is an unexpected exception here.
      else if (error instanceof HttpError)
        close(error.status === 422 ? 'transient_server_error' : 'protocol_error');
      else throw error;
    }
    return undefined;
  });
}

function welcome(world: World, poolName: string, socket: SocketEnd, hello: Hello): Connection {
  if (!hello.supported_channel_versions.includes(channelVersion))
    throw new SetupError('unsupported_version');
  const pool = poolFor(world, poolName, hello);
  const queues = queuesFor(world, pool, hello);
  recordHeartbeat(world, pool, hello.worker_name, hello.heartbeat_interval_seconds);
  const connection = new Connection(world, pool.id, socket, hello, queues);
  connection.ready();
  return connection;
}

function poolFor(world: World, name: string, hello: Hello): WorkPool {
  const pool = world.poolNamed(name);
  const template = hello.default_base_job_template;
  if (pool === undefined) {
    if (!hello.create_pool_if_not_found || isReserved(name))
      throw new SetupError('authorization_failed');
    return createPool(world, { name, type: hello.worker_type, base_job_template: template });
  }
  const isEmpty = Object.keys(pool.base_job_template).length === 0;
  if (!isEmpty || Object.keys(template).length === 0) return pool;
  checkTemplate(template, hello);
  const filled = updatePool(world, pool, { base_job_template: template });
  world.channels.poolChanged(pool.id, 'work_pool_updated');
  return filled;
}

function queuesFor(world: World, pool: WorkPool, hello: Hello): readonly WorkQueue[] {
  if (hello.work_queue_names.length === 0) return world.queuesOf(pool);
  return [...new Set(hello.work_queue_names)].map((name) => {
    const queue = world.queueNamed(pool, name);
    if (queue === undefined) throw new SetupError('authorization_failed');
    return queue;
  });
}

/** One worker's open channel. */
class Connection {
  readonly #world: World;
  readonly poolId: string;
  readonly #socket: SocketEnd;
  readonly #hello: Hello;
  readonly #queues: readonly WorkQueue[];
  readonly #registered: Disposable;
  /** The tokens of the messages that this worker handles. */
  readonly #inFlight = new Map<string, string>();
  #sequence = 0;
  #shownUpdate = '';

  constructor(
    world: World,
    poolId: string,
    socket: SocketEnd,
    hello: Hello,
    queues: readonly WorkQueue[],
  ) {
    this.#world = world;
    this.poolId = poolId;
    this.#socket = socket;
    this.#hello = hello;
    this.#queues = queues;
    this.#registered = world.channels.open(this);
  }

  get #takesCleanups(): boolean {
    const { requested_capabilities: requested, handled_cleanup_kinds: kinds } = this.#hello;
    return (
      this.#world.version.has('cleanupDelivery') &&
      requested.includes(cleanupDelivery) &&
      kinds.length > 0 &&
      this.#hello.max_cleanup_concurrency > 0
    );
  }

  ready(): void {
    const {
      consumer_id,
      heartbeat_interval_seconds,
      requested_capabilities,
      max_cleanup_concurrency,
    } = this.#hello;
    const accepted: string[] = [
      ...requiredCapabilities,
      ...(this.#takesCleanups ? [cleanupDelivery] : []),
    ];
    this.#send('worker.ready.v1', {
      consumer_id,
      worker_id: null,
      selected_channel_version: channelVersion,
      effective_heartbeat_interval_seconds: heartbeat_interval_seconds,
      accepted_capabilities: accepted,
      rejected_capabilities: [...new Set(requested_capabilities)].filter(
        (one) => !accepted.includes(one),
      ),
      effective_max_cleanup_concurrency: this.#takesCleanups ? max_cleanup_concurrency : 0,
      resolved_work_queues: this.#queues.map(({ id, name }) => ({ id, name })),
      initial_snapshot: this.#snapshot('initial'),
    });
    this.cleanupWaits();
  }

  end(): void {
    this.#registered[Symbol.dispose]();
  }

  poolChanged(reason: string): void {
    const payload = this.#snapshot(reason);
    if (payload !== undefined) this.#send('work_pool.snapshot.v1', payload);
  }

  poolDeleted(): void {
    this.#socket.close(closeCodes.authorization_failed, 'authorization_failed');
  }

  /** Delivers waiting messages, those of the worker's own queues first, up to its concurrency. */
  cleanupWaits(): void {
    if (!this.#takesCleanups) return;
    const { cleanups } = this.#world;
    const kinds = this.#hello.handled_cleanup_kinds;
    const own = this.#queues.map((queue) => queue.id);
    for (const [token, messageId] of this.#inFlight) {
      if (!cleanups.holds(messageId, token)) this.#inFlight.delete(token);
    }
    while (this.#inFlight.size < this.#hello.max_cleanup_concurrency) {
      const reservation =
        cleanups.reserve(this.poolId, kinds, own) ?? cleanups.reserve(this.poolId, kinds);
      if (reservation === undefined) return;
      const { message, token } = reservation;
      this.#inFlight.set(token, message.messageId);
      this.#send('cleanup.message.v1', {
        message_id: message.messageId,
        kind: message.kind,
        reservation_token: token,
        lease_expires_at: reservation.expires,
        delivery_count: reservation.deliveryCount,
        work_queue_id: message.queueId,
        target: message.target,
        data: {},
      });
    }
  }

  receive(frame: WorkerFrame): void {
    switch (frame.type) {
      case 'worker.hello.v1':
        throw new SetupError('protocol_error');
      case 'worker.heartbeat.v1':
        return this.#heartbeat(frame.payload);
      case 'cleanup.ack.v1':
      case 'cleanup.release.v1':
      case 'cleanup.renew.v1':
        return this.#operation(frame);
    }
  }

  #heartbeat(payload: Extract<WorkerFrame, { type: 'worker.heartbeat.v1' }>['payload']): void {
    const { consumer_id, worker_name, heartbeat_interval_seconds } = payload;
    if (consumer_id !== this.#hello.consumer_id || worker_name !== this.#hello.worker_name) {
      throw new SetupError('protocol_error');
    }
    const pool = this.#world.pools.get(this.poolId);
    if (pool === undefined) throw new SetupError('heartbeat_persistence_failed');
    recordHeartbeat(this.#world, pool, worker_name, heartbeat_interval_seconds);
    if (this.#world.pools.get(this.poolId)?.updated !== this.#shownUpdate) {
      this.poolChanged('heartbeat_reconciliation');
    }
  }

  #operation(
    frame: Extract<
      WorkerFrame,
      { type: 'cleanup.ack.v1' | 'cleanup.release.v1' | 'cleanup.renew.v1' }
    >,
  ): void {
    const operation =
      frame.type === 'cleanup.ack.v1'
        ? 'ack'
        : frame.type === 'cleanup.renew.v1'
          ? 'renew'
          : 'release';
    const { message_id: messageId, reservation_token: token } = frame.payload;
    const result: OperationResult | undefined = this.#takesCleanups
      ? this.#world.cleanups[operation](this.poolId, messageId, token)
      : undefined;
    this.#send('cleanup.operation_result.v1', {
      request_frame_id: frame.id,
      message_id: messageId,
      operation,
      status: result?.status ?? 'unauthorized',
      lease_expires_at: result?.leaseExpiresAt ?? null,
      reason: result === undefined ? 'cleanup_delivery_not_accepted' : (result.reason ?? null),
      detail: null,
    });
    if (operation === 'renew' && result?.status === 'accepted') return;
    this.#inFlight.delete(token);
    this.cleanupWaits();
  }

  #snapshot(reason: string): Record<string, unknown> | undefined {
    const pool = this.#world.pools.get(this.poolId);
    if (pool === undefined) return undefined;
    this.#sequence += 1;
    this.#shownUpdate = pool.updated;
    return { snapshot_sequence: this.#sequence, reason, work_pool: showPool(this.#world, pool) };
  }

  #send(type: string, payload: unknown): void {
    const frame = { type, id: this.#world.ids.ordered(), sent_at: this.#world.now(), payload };
    this.#socket.send(jsonTextOf(frame));
  }
}
