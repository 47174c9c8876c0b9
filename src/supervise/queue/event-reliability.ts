import type { EcsTask } from '../../core/task/task.ts';
import { sharedAbortController } from '../../kernel/abort.ts';
import type { Clock } from '../../kernel/clock.ts';
import { LruMap } from '../../kernel/lru-map.ts';
import { Cancelled } from '../../kernel/task-group.ts';
import { isNewer } from '../../core/task/task-order.ts';

/**
 * How long the event of a change may take. A cluster that missed one is not trusted for as long,
 * either.
 */
const eventWithinMs = 2 * 60_000;
/** A message may name any. */
const rememberedClusters = 1_000;

interface ClusterReliability {
  /** Changes that the sweep recordWorkers first, oldest first: their events are still to come. */
  readonly awaited: Map<string, { readonly task: EcsTask; readonly sinceMs: number }>;
  /** When an event of the cluster came; undefined: none since the last miss. */
  heardMs: number | undefined;
  missedMs: number;
}

/**
 * Whether the events of a cluster arrive, so that its sweep may slow down (worker.md 0.3): at
 * least one came, and one came within two minutes of every change that the sweep saw first. One
 * change without its event ends that, and so does a queue that cannot be read.
 */
export class EventReliability {
  readonly #clock: Clock;
  #clusters = new LruMap<string, ClusterReliability>(rememberedClusters);
  #listening: AbortController | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The queue is being read. */
  begin(): void {
    this.#listening ??= sharedAbortController();
  }

  /** The queue cannot be read: what was known of clusters is worth nothing. */
  end(): void {
    this.#listening?.abort(new Cancelled('task events stopped arriving'));
    this.#listening = undefined;
    this.#clusters = new LruMap(rememberedClusters);
  }

  /** Aborts when the queue cannot be read any more; undefined while it cannot. */
  get listening(): AbortSignal | undefined {
    return this.#listening?.signal;
  }

  /** The sweep saw a change of which no event had told. */
  sawFirst(clusterArn: string, task: EcsTask): void {
    if (this.#listening === undefined) return;
    // nobody may ever ask: what was missed is forgotten here, too
    const { awaited } = this.#current(clusterArn);
    const sinceMs = awaited.get(task.taskArn)?.sinceMs ?? this.#clock.monotonicMs();
    awaited.set(task.taskArn, { task, sinceMs });
  }

  heard(clusterArn: string, task: EcsTask): void {
    if (this.#listening === undefined) return;
    const cluster = this.#of(clusterArn);
    cluster.heardMs = this.#clock.monotonicMs();
    const awaited = cluster.awaited.get(task.taskArn);
    if (awaited !== undefined && !isNewer(awaited.task, task)) cluster.awaited.delete(task.taskArn);
  }

  isReliable(clusterArn: string): boolean {
    if (this.#listening === undefined) return false;
    const cluster = this.#current(clusterArn);
    return (
      cluster.heardMs !== undefined && this.#clock.monotonicMs() - cluster.missedMs >= eventWithinMs
    );
  }

  /** Changes whose events are still to come. */
  get awaiting(): number {
    let count = 0;
    for (const [, { awaited }] of this.#clusters.entries()) count += awaited.size;
    return count;
  }

  /** One change without its event ends the reliability, and all that was awaited with it. */
  #current(clusterArn: string): ClusterReliability {
    const cluster = this.#of(clusterArn);
    const nowMs = this.#clock.monotonicMs();
    const [oldest] = cluster.awaited.values();
    if (oldest !== undefined && nowMs - oldest.sinceMs > eventWithinMs) {
      cluster.awaited.clear();
      cluster.heardMs = undefined;
      cluster.missedMs = nowMs;
    }
    return cluster;
  }

  #of(clusterArn: string): ClusterReliability {
    const known = this.#clusters.get(clusterArn);
    if (known !== undefined) return known;
    const cluster: ClusterReliability = {
      awaited: new Map(),
      heardMs: undefined,
      missedMs: -Infinity,
    };
    this.#clusters.set(clusterArn, cluster);
    return cluster;
  }
}
