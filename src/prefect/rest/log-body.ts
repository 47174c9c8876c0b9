import type { RunLogEntry } from '../../core/prefect/api-facts.ts';
import type { JsonObject } from '../../kernel/json.ts';

function withMicroseconds(timestamp: Date, microsecond: number): string {
  return timestamp.toISOString().replace('Z', `${String(microsecond).padStart(3, '0')}Z`);
}

/**
 * One entry for `POST /logs/`. A self-hosted server refuses the whole batch when any entry has a
 * `worker_id`, even null (prefect-api.md 6).
 */
export function logBody(entry: RunLogEntry, workerId: string | undefined): JsonObject {
  return {
    name: entry.logger,
    level: entry.level,
    message: entry.message,
    timestamp: withMicroseconds(entry.timestamp, entry.microsecond),
    flow_run_id: entry.flowRunId,
    ...(workerId !== undefined && { worker_id: workerId }),
  };
}
