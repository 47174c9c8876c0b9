import { z } from 'zod';

/** A worker as the pool knows it (prefect-api.md 9). */
export interface WorkerRecord {
  readonly id: string;
  readonly name: string;
  readonly status: string | undefined;
  readonly lastHeartbeatTime: string | undefined;
}

export const WorkerRecord = z
  .object({
    id: z.string(),
    name: z.string(),
    status: z.string().nullish(),
    last_heartbeat_time: z.string().nullish(),
  })
  .transform((wire): WorkerRecord => ({
    id: wire.id,
    name: wire.name,
    status: wire.status ?? undefined,
    lastHeartbeatTime: wire.last_heartbeat_time ?? undefined,
  }));
