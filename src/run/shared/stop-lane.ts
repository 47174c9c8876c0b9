import { statementFor } from '../../core/diagnosis/policy.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { Logger } from '../../kernel/logger.ts';
import { errorAtOnce, Outage } from '../../kernel/outage.ts';

/** A cluster in which tasks may not be stopped. */
interface DeniedCluster {
  /**
   * Tasks whose stop was denied since one was last allowed; no more than it takes to pace the
   * others.
   */
  readonly tasks: Set<string>;
  error: Error;
}

interface Denials {
  readonly clusters: Map<string, DeniedCluster>;
  readonly outage: Outage;
  /** Nobody of this session asks before. */
  nextMs: number;
}

interface StoppedBy {
  readonly clusterArn: string;
  readonly taskArn: string;
  readonly session: { readonly key: string };
}

/** A cluster whose first tasks may not be stopped will not let others be, either. */
const denialsUntilPaced = 3;
/** Of calls that are denied, one in so long a session: they cost turns that launches wait for. */
const deniedEveryMs = 2_000;

/**
 * The order in which tasks are stopped. First tries go at once. Where the right to stop is missing,
 * calls are paced; otherwise thousands of overdue tasks would use up the rate that launches need
 * (worker.md 11.5). Logs once for each session that the right is missing.
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
   * How a first try that is paced will most likely be denied; undefined: it goes at once, or is
   * none.
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

/** A repetition always; a first try once it is known how it will go. */
function isPaced({ clusters }: Denials, { clusterArn, taskArn }: StoppedBy): boolean {
  const cluster = clusters.get(clusterArn);
  if (cluster === undefined) return false;
  return cluster.tasks.has(taskArn) || cluster.tasks.size >= denialsUntilPaced;
}
