import type { EcsTask } from '../../core/task/task.ts';
import { sharedAbortController } from '../../kernel/abort.ts';
import type { Clock } from '../../kernel/clock.ts';
import { LruMap } from '../../kernel/lru-map.ts';
import { Cancelled } from '../../kernel/task-group.ts';
import { isNewer } from '../../core/task/task-order.ts';

/**
 * How long the event of a change may take. After a missed event the cluster is distrusted for as
 * long.
 */
const eventWithinMs = 2 * 60_000;
/** A forged message may name any cluster, so the number is bounded. */
const rememberedClusters = 1_000;

interface ClusterReliability {
  /** Changes that the sweep saw first, oldest first. Their events are still expected. */
  readonly awaited: Map<string, { readonly task: EcsTask; readonly sinceMs: number }>;
  /** When the cluster's latest event arrived. Undefined: none since the last miss. */
  heardMs: number | undefined;
  missedMs: number;
}

/**
 * Decides whether a cluster's events arrive reliably, so that its sweep may slow down (worker.md
 * 0.3). They do if at least one event arrived, and if every change that the sweep saw first was
 * followed by its event within two minutes. One change without an event, or a queue that cannot be
 * read, makes the sweep fast again. Otherwise a broken queue would delay the ends of tasks by a
 * minute.
 */
export class EventReliability {
  readonly #clock: Clock;
  #clusters = new LruMap<string, ClusterReliability>(rememberedClusters);
  #listening: AbortController | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The queue can be read now. */
  begin(): void {
    this.#listening ??= sharedAbortController();
  }

  /** The queue cannot be read. All knowledge of clusters is discarded. */
  end(): void {
    this.#listening?.abort(new Cancelled('task events stopped arriving'));
    this.#listening = undefined;
    this.#clusters = new LruMap(rememberedClusters);
  }

  /** Aborts when the queue can no longer be read. Undefined while it cannot be read. */
  get listening(): AbortSignal | undefined {
    return this.#listening?.signal;
  }

  /** The sweep saw a change before its event arrived. */
  sawFirst(clusterArn: string, task: EcsTask): void {
    if (this.#listening === undefined) return;
    // `isReliable` may never be called for this cluster, so missed events are dropped here, too.
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

  /** The number of changes whose events are still expected. */
  get awaiting(): number {
    let count = 0;
    for (const [, { awaited }] of this.#clusters.entries()) count += awaited.size;
    return count;
  }

  /** One change without its event ends the cluster's reliability and clears all expected events. */
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
