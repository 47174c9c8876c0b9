import type { JsonObject } from '../../kernel/json.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Random } from '../../kernel/random.ts';
import {
  channelVersion,
  cleanupCapability,
  requiredCapabilities,
  type CleanupOperation,
} from './channel-frames.ts';

export interface OutboundFrame {
  readonly id: string;
  readonly text: string;
}

export interface FrameParts {
  readonly clock: Clock;
  readonly random: Random;
}

/** The server closes the channel over any unknown key, at this level and the next. */
function frame(type: string, payload: JsonObject, { clock, random }: FrameParts): OutboundFrame {
  const id = random.uuid();
  return { id, text: JSON.stringify({ type, id, sent_at: clock.now().toISOString(), payload }) };
}

/** Who connects, and for which queues and work. */
export interface Hello {
  readonly consumerId: string;
  readonly workerName: string;
  readonly workerType: string;
  readonly heartbeatSeconds: number;
  /** Empty: all queues. */
  readonly workQueueNames: readonly string[];
  /** Empty: no cleanup deliveries. */
  readonly cleanupKinds: readonly string[];
  readonly maxCleanupConcurrency: number;
  readonly createPoolIfNotFound: boolean;
  readonly baseJobTemplate: JsonObject;
  readonly metadata: JsonObject | undefined;
}

export function helloFrame(hello: Hello, parts: FrameParts): OutboundFrame {
  const asksForCleanup = hello.cleanupKinds.length > 0;
  const payload = {
    consumer_id: hello.consumerId,
    worker_name: hello.workerName,
    worker_type: hello.workerType,
    heartbeat_interval_seconds: hello.heartbeatSeconds,
    supported_channel_versions: [channelVersion],
    requested_capabilities: [
      ...requiredCapabilities,
      ...(asksForCleanup ? [cleanupCapability] : []),
    ],
    work_queue_names: [...hello.workQueueNames].sort(),
    handled_cleanup_kinds: hello.cleanupKinds,
    max_cleanup_concurrency: asksForCleanup ? hello.maxCleanupConcurrency : 0,
    create_pool_if_not_found: hello.createPoolIfNotFound,
    default_base_job_template: hello.baseJobTemplate,
    worker_metadata: hello.metadata ?? null,
  };
  return frame('worker.hello.v1', payload, parts);
}

export function heartbeatFrame(
  consumerId: string,
  workerName: string,
  intervalSeconds: number,
  parts: FrameParts,
): OutboundFrame {
  const payload = {
    consumer_id: consumerId,
    worker_name: workerName,
    heartbeat_interval_seconds: intervalSeconds,
  };
  return frame('worker.heartbeat.v1', payload, parts);
}

/** Only a release has a `reason`, and every release has one. */
export function operationFrame(
  operation: { readonly kind: CleanupOperation; readonly reason?: string },
  message: { readonly messageId: string; readonly reservationToken: string },
  parts: FrameParts,
): OutboundFrame {
  const payload = {
    message_id: message.messageId,
    reservation_token: message.reservationToken,
    ...(operation.reason !== undefined && { reason: operation.reason }),
  };
  return frame(`cleanup.${operation.kind}.v1`, payload, parts);
}
