import { z } from 'zod';

/**
 * A worker as its work pool lists it. The record is keyed by name: two workers with one name share
 * it (prefect-api.md 9, 11.16).
 */
export interface WorkerRecord {
  readonly id: string;
  readonly name: string;
  readonly lastHeartbeatTime: string | undefined;
  readonly intervalSeconds: number | undefined;
}

export const WorkerRecord = z
  .object({
    id: z.string(),
    name: z.string(),
    last_heartbeat_time: z.string().nullish(),
    // Anybody may write a worker's record: one that is odd must not hide all others.
    heartbeat_interval_seconds: z.number().positive().nullish().catch(undefined),
  })
  .transform((wire): WorkerRecord => ({
    id: wire.id,
    name: wire.name,
    lastHeartbeatTime: wire.last_heartbeat_time ?? undefined,
    intervalSeconds: wire.heartbeat_interval_seconds ?? undefined,
  }));
