import { z } from 'zod';
import { JsonObject, Moment, Uuid } from './fields.ts';

const NonEmpty = z.string().min(1);
const frame = { id: Uuid, sent_at: Moment };

const heartbeat = 'worker_heartbeat.v1';
const snapshot = 'work_pool_snapshot.v1';
export const cleanupDelivery = 'cleanup_delivery.v1';
export const requiredCapabilities = [heartbeat, snapshot] as const;
export const channelVersion = 'work_pool_worker_channel.v1';

const HelloPayload = z
  .strictObject({
    consumer_id: Uuid,
    worker_name: NonEmpty,
    worker_type: NonEmpty,
    heartbeat_interval_seconds: z.int().positive(),
    supported_channel_versions: z.array(NonEmpty).min(1),
    requested_capabilities: z.array(NonEmpty).min(1),
    work_queue_names: z.array(NonEmpty).default([]),
    handled_cleanup_kinds: z
      .array(z.enum(['cancelling_timeout_teardown.v1', 'pending_claim_teardown.v1']))
      .default([]),
    max_cleanup_concurrency: z.int().min(0).optional(),
    create_pool_if_not_found: z.boolean().default(false),
    default_base_job_template: JsonObject.default({}),
    worker_metadata: JsonObject.nullable().default(null),
  })
  .refine(
    (hello) =>
      requiredCapabilities.every((capability) => hello.requested_capabilities.includes(capability)),
    { error: 'Missing required channel capabilities' },
  )
  .refine(
    (hello) =>
      hello.requested_capabilities.includes(cleanupDelivery) ||
      (hello.handled_cleanup_kinds.length === 0 && (hello.max_cleanup_concurrency ?? 0) === 0),
    { error: '`handled_cleanup_kinds` requires `cleanup_delivery.v1`' },
  )
  .transform((hello) => ({
    ...hello,
    max_cleanup_concurrency:
      hello.max_cleanup_concurrency ?? (hello.handled_cleanup_kinds.length > 0 ? 1 : 0),
  }));
export type Hello = z.output<typeof HelloPayload>;

const operation = { message_id: Uuid, reservation_token: NonEmpty };

/** The frames that a worker may send. Unknown keys are a protocol error. */
export const WorkerFrame = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('worker.hello.v1'), ...frame, payload: HelloPayload }),
  z.strictObject({
    type: z.literal('worker.heartbeat.v1'),
    ...frame,
    payload: z.strictObject({
      consumer_id: Uuid,
      worker_name: NonEmpty,
      heartbeat_interval_seconds: z.int().positive(),
    }),
  }),
  z.strictObject({
    type: z.literal('cleanup.ack.v1'),
    ...frame,
    payload: z.strictObject(operation),
  }),
  z.strictObject({
    type: z.literal('cleanup.renew.v1'),
    ...frame,
    payload: z.strictObject(operation),
  }),
  z.strictObject({
    type: z.literal('cleanup.release.v1'),
    ...frame,
    payload: z.strictObject({ ...operation, reason: NonEmpty }),
  }),
]);
export type WorkerFrame = z.output<typeof WorkerFrame>;
