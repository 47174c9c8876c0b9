import type { Owner } from '../core/claim/claim-record.ts';
import type { WorkerRecord } from '../core/prefect/worker-record.ts';

interface Sighting {
  /** Syncs in a row in which the pool said so. */
  readonly offline: number;
  readonly missing: number;
  /** As its record told last; by Prefect's clock. */
  readonly lastHeartbeatTime: string | undefined;
}

/** An owner that is gone for so many syncs in a row is dead (ecs-worker.md 9.7.2). */
const syncsUntilDead = 2;

/** After an outage of Prefect everybody looks OFFLINE: our own contact must have lasted this long to judge. */
const contactUntilJudgedMs = 120_000;

/**
 * The workers of the pool, as far as it matters who of them is dead. Fed by every sync; judged by names, since the pool
 * knows no processes: two processes of one name are one worker to it.
 */
export class Peers {
  readonly #sightings = new Map<string, Sighting>();
  #syncs = 0;
  #contactSinceMs: number | undefined;

  /** What the pool answered at a sync. Says whether somebody turned OFFLINE, or went. */
  recordWorkers(workers: readonly WorkerRecord[], nowMs: number): 'somebody-left' | 'nobody-left' {
    this.#syncs += 1;
    this.#contactSinceMs ??= nowMs;
    const before = new Map(this.#sightings);
    const byName = new Map(workers.map((worker) => [worker.name, worker]));
    for (const name of new Set([...before.keys(), ...byName.keys()])) {
      const known = before.get(name);
      const worker = byName.get(name);
      this.#sightings.set(name, {
        offline: worker?.status === 'OFFLINE' ? (known?.offline ?? 0) + 1 : 0,
        missing: worker === undefined ? (known?.missing ?? 0) + 1 : 0,
        lastHeartbeatTime: worker?.lastHeartbeatTime ?? known?.lastHeartbeatTime,
      });
    }
    const turned = [...this.#sightings].some(
      ([name, sighting]) => isDue(sighting) && !isDue(before.get(name)),
    );
    return turned ? 'somebody-left' : 'nobody-left';
  }

  /** A sync failed: what the pool says next may be the outage's doing. */
  lostContact(): void {
    this.#contactSinceMs = undefined;
  }

  /** Whether the pool has never told of a worker of this name: it may be gone for long. */
  isUnheardOf({ workerName }: Owner): boolean {
    return !this.#sightings.has(workerName);
  }

  /** When the worker of this name was last heard of, by Prefect's clock. */
  lastHeartbeatOf({ workerName }: Owner): string | undefined {
    return this.#sightings.get(workerName)?.lastHeartbeatTime;
  }

  /** Whether the worker of this name may be taken for dead, by the pool's word alone. */
  isDead({ workerName }: Owner, nowMs: number): boolean {
    const sighting = this.#sightings.get(workerName);
    if (sighting === undefined) return this.#syncs >= syncsUntilDead;
    if (sighting.missing >= syncsUntilDead) return true;
    const contactMs = this.#contactSinceMs === undefined ? 0 : nowMs - this.#contactSinceMs;
    return sighting.offline >= syncsUntilDead && contactMs >= contactUntilJudgedMs;
  }
}

function isDue(sighting: Sighting | undefined): boolean {
  return sighting !== undefined && (sighting.offline >= syncsUntilDead || sighting.missing >= syncsUntilDead);
}
