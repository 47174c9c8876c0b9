import { statementFor } from '../../core/diagnosis/policy.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/logger.ts';
import { errorAtOnce, Outage } from '../../kernel/outage.ts';

/** A cluster in which stops are denied. */
interface DeniedCluster {
  /**
   * Tasks whose stop was denied since the last allowed one; only as many as it takes to pace the
   * others.
   */
  readonly tasks: Set<string>;
  error: Error;
}

interface Denials {
  readonly clusters: Map<string, DeniedCluster>;
  readonly outage: Outage;
  /** No task of this session is tried before this time. */
  nextMs: number;
}

interface StoppedBy {
  readonly clusterArn: string;
  readonly taskArn: string;
  readonly session: { readonly key: string };
}

/** After this many denied tasks, all stops in the cluster are expected to be denied. */
const denialsUntilPaced = 3;
/** One denied call of a session in this time: such calls use turns that launches wait for. */
const deniedEveryMs = 2_000;

/**
 * Decides when a task may be stopped. First tries go at once. Where the right is missing, calls are
 * paced: otherwise thousands of overdue tasks would use up the rate that launches need (worker.md
 * 11.5). Logs once for each session that the right is missing. Must never delay a first try in a
 * cluster where stops are allowed.
 */
export class StopLane {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #sessions = new Map<string, Denials>();

  constructor({ clock, log }: { readonly clock: Clock; readonly log: Logger }) {
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * The denial that a paced first try will most likely get; undefined: it goes at once, or is not
   * the first.
   */
  expectedDenial(task: StoppedBy): Error | undefined {
    const cluster = this.#sessions.get(task.session.key)?.clusters.get(task.clusterArn);
    if (cluster === undefined || cluster.tasks.size < denialsUntilPaced) return undefined;
    return cluster.error;
  }

  /** Waits until a call to stop the task may be sent. Rejects with the signal's reason. */
  async turn(task: StoppedBy, signal: AbortSignal): Promise<'at-once' | 'paced'> {
    const denials = this.#sessions.get(task.session.key);
    if (denials === undefined || !isPaced(denials, task)) return 'at-once';
    const nowMs = this.#clock.monotonicMs();
    const turnMs = Math.max(nowMs, denials.nextMs);
    denials.nextMs = turnMs + deniedEveryMs;
    if (turnMs > nowMs) await this.#clock.sleep(turnMs - nowMs, signal);
    return 'paced';
  }

  denied({ session, clusterArn, taskArn }: StoppedBy, error: Error): void {
    const denials = this.#sessions.get(session.key) ?? this.#firstDenial(session.key, error);
    const cluster = denials.clusters.get(clusterArn) ?? { tasks: new Set(), error };
    denials.clusters.set(clusterArn, cluster);
    cluster.error = error;
    if (cluster.tasks.size < denialsUntilPaced) cluster.tasks.add(taskArn);
    denials.outage.failed(error, errorAtOnce);
  }

  allowed({ session, clusterArn }: StoppedBy): void {
    const denials = this.#sessions.get(session.key);
    if (denials === undefined) return;
    denials.clusters.delete(clusterArn);
    if (denials.clusters.size > 0) return;
    this.#sessions.delete(session.key);
    denials.outage.succeeded();
  }

  #firstDenial(sessionKey: string, { message }: Error): Denials {
    const advice =
      'Grant ecs:StopTask to the worker. Until then, tasks that should stop keep running. ' +
      statementFor('ecs:StopTask', message);
    const outage = new Outage(
      { what: 'Stopping ECS tasks', calls: 'calls', advice },
      { clock: this.#clock, log: this.#log },
    );
    const denials: Denials = { clusters: new Map(), outage, nextMs: 0 };
    this.#sessions.set(sessionKey, denials);
    return denials;
  }
}

/** A repetition is always paced; a first try only once a denial is expected. */
function isPaced({ clusters }: Denials, { clusterArn, taskArn }: StoppedBy): boolean {
  const cluster = clusters.get(clusterArn);
  if (cluster === undefined) return false;
  return cluster.tasks.has(taskArn) || cluster.tasks.size >= denialsUntilPaced;
}
