import type { WorkerListing } from '../core/liveness/peer-records.ts';
import type { WorkerRecord } from '../core/prefect/worker-record.ts';
import type { Clock } from '../kernel/clock.ts';

/** Our own record in a listing; undefined: it is gone. */
export type OwnReading = WorkerRecord | 'unknown' | undefined;

/** The worker channel does not answer a heartbeat, so its effect is read after these waits. */
const readAfterMs = [250, 1_000, 3_000] as const;

/** Missing on a page that is not the last one is no proof: the record may be on a later page. */
export function ownIn({ workers, readDownTo }: WorkerListing, name: string): OwnReading {
  const own = workers.find((worker) => worker.name === name);
  return own === undefined && readDownTo !== undefined ? 'unknown' : own;
}

/** Reads until our record differs from the one before our heartbeat, or is gone. */
export async function readAdvanced(
  { name, before }: { readonly name: string; readonly before: WorkerListing | undefined },
  read: (signal: AbortSignal) => Promise<WorkerListing>,
  clock: Clock,
  signal: AbortSignal,
): Promise<OwnReading> {
  const known = before === undefined ? undefined : ownIn(before, name);
  if (known === undefined || known === 'unknown') return 'unknown';
  let own: OwnReading = 'unknown';
  for (const ms of readAfterMs) {
    await clock.sleep(ms, signal);
    own = ownIn(await read(signal), name);
    if (own === undefined || own === 'unknown') continue;
    if (own.lastHeartbeatTime !== known.lastHeartbeatTime) return own;
  }
  return own === undefined ? undefined : 'unknown';
}
