import { getEventListeners } from 'node:events';
import type { WorkPool } from '../../core/prefect/work-pool.ts';
import { seededRandom } from '../../kernel/random.ts';
import { ManualClock } from '../../kernel/manual-clock.ts';
import type { LogFields, Logger } from '../../kernel/logger.ts';
import { ChannelStatus } from './channel-state.ts';
import type { CleanupMessage } from './channel-frames.ts';
import type { CleanupOutcome } from './cleanup-deliveries.ts';
import {
  aServer,
  ScriptedServer,
  type Heard,
  type ServerEnd,
} from '../socket/scripted-server.test-support.ts';
import {
  cancellingTimeoutTeardown,
  runWorkerChannel,
  type WorkerChannelOptions,
} from './worker-channel.ts';

export const someOptions: WorkerChannelOptions = {
  server: aServer,
  workPoolName: 'my pool',
  workerName: 'ecs-1',
  workerType: 'ecs',
  heartbeatSeconds: 30,
  workQueueNames: [],
  createPoolIfNotFound: true,
  baseJobTemplate: { job_configuration: {}, variables: {} },
  workerMetadata: undefined,
  cleanupKinds: [cancellingTimeoutTeardown],
};

export function aPool(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    id: 'pool-id',
    name: 'my pool',
    type: 'ecs',
    is_paused: false,
    base_job_template: {},
    ...changes,
  };
}

/** A worker channel, a scripted server, and a record of both. */
export class AChannel {
  readonly server = new ScriptedServer();
  readonly clock = new ManualClock();
  readonly status = new ChannelStatus();
  readonly pools: WorkPool[] = [];
  readonly workerIds: string[] = [];
  readonly logged: { readonly level: string; readonly text: string }[] = [];
  /** Changes to the ready frame's payload. */
  ready: Record<string, unknown> = {};
  /** How the handler treats cleanup messages. */
  handle: (message: CleanupMessage, signal: AbortSignal) => Promise<CleanupOutcome> = () =>
    Promise.resolve({ kind: 'ack' });
  /** The status that answers each operation. Undefined: no answer. */
  answer: (operation: string, frame: Heard) => string | undefined = () => 'accepted';
  readonly #stop = new AbortController();
  #ended: Promise<void> = Promise.resolve();

  constructor() {
    this.server.onMessage = (message, end) => this.#respond(message, end);
  }

  /** The number of listeners on the signal that ends the channel. */
  get listeners(): number {
    return getEventListeners(this.#stop.signal, 'abort').length;
  }

  get isOver(): Promise<void> {
    return this.#ended;
  }

  /** Starts it and runs everything that takes no time. */
  async start(changes: Partial<WorkerChannelOptions> = {}): Promise<void> {
    this.#ended = runWorkerChannel(
      { ...someOptions, ...changes },
      {
        openSocket: this.server.openSocket,
        clock: this.clock,
        random: seededRandom(1),
        log: this.#logger(),
        status: this.status,
        onSnapshot: (workPool) => this.pools.push(workPool),
        onWorkerId: (id) => this.workerIds.push(id),
        heartbeats: {
          around: (send) => {
            send();
            return Promise.resolve();
          },
          unseen: () => undefined,
        },
        handleCleanup: (message, signal) => this.handle(message, signal),
      },
      this.#stop.signal,
    );
    await this.clock.elapse(0);
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('stopped'));
    await this.#ended;
  }

  /** Sends a frame of the server now. */
  async say(type: string, payload: Record<string, unknown>): Promise<void> {
    this.server.end.send(this.#frame(type, payload));
    await this.clock.elapse(0);
  }

  /** Sends a cleanup message whose lease ends in `leaseSeconds`. */
  deliver(changes: Record<string, unknown> = {}, leaseSeconds = 30): Promise<void> {
    return this.say('cleanup.message.v1', {
      message_id: 'message-1',
      kind: 'cancelling_timeout_teardown.v1',
      reservation_token: 'token-1',
      lease_expires_at: this.#inSeconds(leaseSeconds),
      delivery_count: 1,
      work_queue_id: null,
      data: {},
      target: { flow_run_id: 'run-1', infrastructure_pid: 'cluster::task' },
      ...changes,
    });
  }

  /**
   * Operations that the server received over all connections: `ack`, `renew`, `release: reason`.
   */
  get operations(): readonly string[] {
    return this.server.ends
      .flatMap((end) => end.heard)
      .filter((frame) => String(frame['type']).startsWith('cleanup.'))
      .map((frame) => {
        const { reason } = payloadOf(frame);
        const operation = String(frame['type']).split('.')[1] ?? '';
        return reason === undefined ? operation : `${operation}: ${String(reason)}`;
      });
  }

  #respond(message: Heard, end: ServerEnd): void {
    const type = String(message['type']);
    if (type === 'auth') end.send({ type: 'auth_success' });
    else if (type === 'worker.hello.v1')
      end.send(this.#frame('worker.ready.v1', this.#readyFor(message)));
    else if (type.startsWith('cleanup.')) this.#respondTo(type.split('.')[1] ?? '', message, end);
  }

  #readyFor(hello: Heard): Record<string, unknown> {
    const { consumer_id, requested_capabilities, max_cleanup_concurrency } = payloadOf(hello);
    return {
      consumer_id,
      worker_id: null,
      selected_channel_version: 'work_pool_worker_channel.v1',
      effective_heartbeat_interval_seconds: 20,
      accepted_capabilities: requested_capabilities,
      rejected_capabilities: [],
      effective_max_cleanup_concurrency: max_cleanup_concurrency,
      resolved_work_queues: [],
      initial_snapshot: { snapshot_sequence: 1, reason: 'initial', work_pool: aPool() },
      ...this.ready,
    };
  }

  #respondTo(operation: string, message: Heard, end: ServerEnd): void {
    const status = this.answer(operation, message);
    if (status === undefined) return;
    const isRenewed = operation === 'renew' && status === 'accepted';
    end.send(
      this.#frame('cleanup.operation_result.v1', {
        request_frame_id: message['id'],
        message_id: payloadOf(message)['message_id'],
        operation,
        status,
        lease_expires_at: isRenewed ? this.#inSeconds(30) : null,
        reason: status === 'accepted' ? null : status,
        detail: null,
      }),
    );
  }

  #frame(type: string, payload: Record<string, unknown>): Record<string, unknown> {
    return { type, id: 'server-frame', sent_at: this.#inSeconds(0), payload };
  }

  /** The server's clock is an hour ahead of ours. Nothing may depend on it. */
  #inSeconds(seconds: number): string {
    return new Date(this.clock.now().getTime() + (3_600 + seconds) * 1000).toISOString();
  }

  #logger(): Logger {
    const note =
      (level: string) =>
      (message: string, fields?: LogFields): void =>
        void this.logged.push({ level, text: `${message} ${JSON.stringify(fields)}` });
    const logger: Logger = {
      isDebugging: true,
      debug: note('debug'),
      info: note('info'),
      warning: note('warning'),
      error: note('error'),
      child: () => logger,
    };
    return logger;
  }
}

export function payloadOf(frame: Heard | undefined): Record<string, unknown> {
  return (frame?.['payload'] ?? {}) as Record<string, unknown>; // frames of our own client: objects
}
