import { z } from 'zod';
import { JsonRecordOrEmpty } from '../../core/prefect/json.ts';
import { WorkPool } from '../../core/prefect/work-pool.ts';
import { WorkerError } from '../../kernel/errors.ts';
import { jsonIn } from '../socket/handshake.ts';

export const channelVersion = 'work_pool_worker_channel.v1';
export const requiredCapabilities = ['worker_heartbeat.v1', 'work_pool_snapshot.v1'] as const;
export const cleanupCapability = 'cleanup_delivery.v1';

/** The server broke the protocol of the worker channel. */
export class ChannelProtocolError extends WorkerError {
  override readonly name = 'ChannelProtocolError';
}

const Timestamp = z
  .string()
  .transform((text) => new Date(text))
  .refine((date) => !Number.isNaN(date.getTime()), 'Invalid timestamp');

const Snapshot = z
  .object({ snapshot_sequence: z.number(), reason: z.string(), work_pool: WorkPool })
  .transform((wire) => ({
    sequence: wire.snapshot_sequence,
    reason: wire.reason,
    workPool: wire.work_pool,
  }));

export type Snapshot = z.output<typeof Snapshot>;

/**
 * Bounds between two heartbeats, whatever the server asks for. The server believes that a worker is
 * dead after 90 s of silence.
 */
const [shortestMs, longestMs] = [1_000, 60_000];

const Ready = z
  .object({
    consumer_id: z.string(),
    worker_id: z.string().nullish(),
    selected_channel_version: z.string(),
    effective_heartbeat_interval_seconds: z.number().positive(),
    accepted_capabilities: z.array(z.string()),
    effective_max_cleanup_concurrency: z.number().nonnegative().default(0),
    initial_snapshot: Snapshot,
  })
  .transform((wire) => ({
    consumerId: wire.consumer_id,
    workerId: wire.worker_id ?? undefined,
    version: wire.selected_channel_version,
    heartbeatMs: Math.min(
      longestMs,
      Math.max(shortestMs, wire.effective_heartbeat_interval_seconds * 1000),
    ),
    capabilities: wire.accepted_capabilities,
    maxCleanupConcurrency: wire.effective_max_cleanup_concurrency,
    snapshot: wire.initial_snapshot,
  }));

export type Ready = z.output<typeof Ready>;

const CleanupMessage = z
  .object({
    message_id: z.string(),
    kind: z.string(),
    reservation_token: z.string().min(1),
    lease_expires_at: Timestamp,
    delivery_count: z.number(),
    work_queue_id: z.string().nullish(),
    data: JsonRecordOrEmpty,
    target: z.looseObject({ flow_run_id: z.string(), infrastructure_pid: z.string().nullish() }),
  })
  .transform((wire) => ({
    messageId: wire.message_id,
    kind: wire.kind,
    reservationToken: wire.reservation_token,
    leaseExpiresAt: wire.lease_expires_at,
    deliveryCount: wire.delivery_count,
    workQueueId: wire.work_queue_id ?? undefined,
    data: wire.data,
    flowRunId: wire.target.flow_run_id,
    infrastructurePid: wire.target.infrastructure_pid ?? undefined,
  }));

/**
 * Asks this worker to stop the infrastructure of a run. Delivered at least once, so handling it
 * twice must be harmless (prefect-api.md 2.10).
 */
export type CleanupMessage = z.output<typeof CleanupMessage>;

const OperationResult = z
  .object({
    request_frame_id: z.string(),
    message_id: z.string(),
    operation: z.enum(['ack', 'release', 'renew']),
    status: z.string(),
    lease_expires_at: Timestamp.nullish(),
    reason: z.string().nullish(),
  })
  .transform((wire) => ({
    requestFrameId: wire.request_frame_id,
    operation: wire.operation,
    status: wire.status,
    leaseExpiresAt: wire.lease_expires_at ?? undefined,
    reason: wire.reason ?? undefined,
  }));

export type OperationResult = z.output<typeof OperationResult>;
export type CleanupOperation = OperationResult['operation'];

const envelope = { id: z.string(), sent_at: Timestamp };

const InboundFrame = z.discriminatedUnion('type', [
  z.object({ ...envelope, type: z.literal('worker.ready.v1'), payload: Ready }),
  z.object({ ...envelope, type: z.literal('work_pool.snapshot.v1'), payload: Snapshot }),
  z.object({ ...envelope, type: z.literal('cleanup.message.v1'), payload: CleanupMessage }),
  z.object({
    ...envelope,
    type: z.literal('cleanup.operation_result.v1'),
    payload: OperationResult,
  }),
]);

export type InboundFrame = z.output<typeof InboundFrame>;

/**
 * Unknown keys are ignored, because a newer server may send more. Anything else that does not fit
 * is a protocol error.
 */
export function parseFrame(text: string): InboundFrame {
  const parsed = InboundFrame.safeParse(jsonIn(text));
  if (parsed.success) return parsed.data;
  // Only the place of the mismatch is shown, never the value: a template may contain secrets.
  const places = parsed.error.issues.map((issue) => issue.path.join('.')).join(', ');
  throw new ChannelProtocolError(
    `the server sent a frame that cannot be read${places && `: ${places}`}`,
  );
}

/**
 * Checks the server's greeting before a session begins. Heartbeats on a channel that did not accept
 * them would be lost, and the worker would look dead (prefect-api.md 2.4.2).
 */
export function checkReady(ready: Ready, consumerId: string, asksForCleanup: boolean): void {
  const fault = faultOf(ready, consumerId, asksForCleanup);
  if (fault !== undefined) throw new ChannelProtocolError(`the server's ready frame ${fault}`);
}

function faultOf(ready: Ready, consumerId: string, asksForCleanup: boolean): string | undefined {
  const takesCleanup = ready.capabilities.includes(cleanupCapability);
  if (ready.consumerId !== consumerId) return 'is addressed to another consumer';
  if (ready.version !== channelVersion) return 'selects a version that the worker did not offer';
  if (!requiredCapabilities.every((one) => ready.capabilities.includes(one))) {
    return 'lacks a required capability';
  }
  if (takesCleanup && !asksForCleanup)
    return 'accepts cleanup deliveries that the worker did not ask for';
  if (takesCleanup !== ready.maxCleanupConcurrency > 0)
    return 'contradicts itself about cleanup deliveries';
  return undefined;
}
