import { recordsPerPage } from '../core/prefect/page.ts';
import type { WorkerListing } from '../core/liveness/peer-records.ts';
import { isOlder } from '../core/liveness/peer-records.ts';
import type { WorkerRecord } from '../core/prefect/worker-record.ts';
import type { PrefectApi } from '../run/ports/prefect-api.ts';

type Reader = Pick<PrefectApi, 'readWorkers'>;

/** The newest heartbeats of a pool: one page. */
export async function readNewestWorkers(
  prefect: Reader,
  workPoolName: string,
  signal: AbortSignal,
): Promise<WorkerListing> {
  const workers = await prefect.readWorkers(workPoolName, 0, signal);
  return { workers, readDownTo: lowestOf(workers) };
}

/**
 * The workers of a pool, newest heartbeat first. Reads pages until a heartbeat older than the one
 * that `readUntil` names, until the `end`, or one page. Records move to the front between pages, so
 * the first page is read again after the last.
 */
export async function listWorkers(
  prefect: Reader,
  workPoolName: string,
  readUntil: (listed: ReadonlySet<string>) => string | undefined,
  signal: AbortSignal,
): Promise<WorkerListing> {
  const byName = new Map<string, WorkerRecord>();
  let readDownTo: string | undefined;
  for (let offset = 0; ; offset += recordsPerPage) {
    const page = await prefect.readWorkers(workPoolName, offset, signal);
    for (const worker of page) byName.set(worker.name, worker);
    readDownTo = lowestOf(page);
    const until = readUntil(new Set(byName.keys()));
    const isEnough = until === undefined || (until !== 'end' && isOlder(readDownTo, until));
    if (readDownTo === undefined || isEnough) {
      if (offset > 0)
        for (const worker of await prefect.readWorkers(workPoolName, 0, signal))
          byName.set(worker.name, worker);
      return { workers: [...byName.values()], readDownTo };
    }
  }
}

/** Undefined: this was the last page. */
function lowestOf(page: readonly WorkerRecord[]): string | undefined {
  return page.length < recordsPerPage ? undefined : page.at(-1)?.lastHeartbeatTime;
}
