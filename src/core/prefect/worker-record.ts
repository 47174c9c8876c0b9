import { z } from 'zod';

/**
 * A worker in its pool's list. Records are keyed by name, so two workers with the same name share
 * one (prefect-api.md 9, 11.16).
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
    // Anybody can write worker records: a malformed one must not hide all others.
    heartbeat_interval_seconds: z.number().positive().nullish().catch(undefined),
  })
  .transform((wire): WorkerRecord => ({
    id: wire.id,
    name: wire.name,
    lastHeartbeatTime: wire.last_heartbeat_time ?? undefined,
    intervalSeconds: wire.heartbeat_interval_seconds ?? undefined,
  }));
