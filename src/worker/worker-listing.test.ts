import { describe, expect, it } from 'vitest';
import type { WorkerRecord } from '../core/prefect/worker-record.ts';
import { listWorkers, readNewestWorkers } from './worker-listing.ts';

const signal = new AbortController().signal;
const stamp = (seconds: number): string =>
  new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
const workerAt = (seconds: number): WorkerRecord => ({
  id: `id ${seconds}`,
  name: `worker ${seconds}`,
  lastHeartbeatTime: stamp(seconds),
  intervalSeconds: 30,
});

/** A pool whose workers sent heartbeats at these seconds; counts the reads. */
function poolOf(seconds: readonly number[]) {
  const offsets: number[] = [];
  let workers = [...seconds].sort((one, other) => other - one).map(workerAt);
  return {
    offsets,
    beats: (name: string, second: number) => {
      workers = [{ ...workerAt(second), name }, ...workers.filter((one) => one.name !== name)];
    },
    readWorkers: (_pool: string, offset: number) => {
      offsets.push(offset);
      return Promise.resolve(workers.slice(offset, offset + 200));
    },
  };
}

const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at + 1);

describe('Listings of workers', () => {
  it('A listing of few workers is one page and complete', async () => {
    const pool = poolOf(upTo(3));
    const listing = await readNewestWorkers(pool, 'pool', signal);
    expect(listing.workers).toHaveLength(3);
    expect(listing.readDownTo).toBeUndefined();
  });

  it('A listing in which no worker is missed is one page and shows how far it reaches', async () => {
    const pool = poolOf(upTo(500));
    const listing = await listWorkers(pool, 'pool', () => undefined, signal);
    expect(listing.workers).toHaveLength(200);
    expect(listing.readDownTo).toBe(stamp(301));
    expect(pool.offsets).toEqual([0]);
  });

  it('A listing reads down to the heartbeat of a missed worker, then the first page again', async () => {
    const pool = poolOf(upTo(900));
    const listing = await listWorkers(pool, 'pool', () => stamp(450), signal);
    expect(pool.offsets).toEqual([0, 200, 400, 0]);
    expect(listing.readDownTo).toBe(stamp(301));
  });

  it('A listing reads to the end for an unknown name', async () => {
    const pool = poolOf(upTo(500));
    const listing = await listWorkers(pool, 'pool', () => 'end', signal);
    expect(pool.offsets).toEqual([0, 200, 400, 0]);
    expect(listing.workers).toHaveLength(500);
    expect(listing.readDownTo).toBeUndefined();
  });

  it('A listing includes workers that moved to the front meanwhile', async () => {
    const pool = poolOf(upTo(500));
    const readUntil = (listed: ReadonlySet<string>): string | undefined => {
      if (listed.size === 200) pool.beats('worker 100', 1_000);
      return 'end';
    };
    const { workers } = await listWorkers(pool, 'pool', readUntil, signal);
    expect(workers.find(({ name }) => name === 'worker 100')?.lastHeartbeatTime).toBe(stamp(1_000));
  });
});
