import type { WorkerListing } from './peer-records.ts';

/** A listing of the named workers, with their heartbeats as seconds of one server's clock. */
export function listingOf(
  heartbeats: Readonly<Record<string, number | { readonly at: number; readonly id: string }>>,
  readDownTo?: number,
): WorkerListing {
  const workers = Object.entries(heartbeats).map(([name, told]) => {
    const { at, id } = typeof told === 'number' ? { at: told, id: `id of ${name}` } : told;
    return { id, name, lastHeartbeatTime: stampOf(at), intervalSeconds: 30 };
  });
  return { workers, readDownTo: readDownTo === undefined ? undefined : stampOf(readDownTo) };
}

export function stampOf(seconds: number): string {
  return new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
}
