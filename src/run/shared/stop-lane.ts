import type { Clock } from '../../kernel/clock.ts';

interface Denials {
  /** Tasks whose stop was denied since one was last allowed. */
  readonly tasks: Set<string>;
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
 * The order in which tasks are stopped. First tries go at once; where the right to stop is missing, calls are paced, so
 * that thousands of overdue tasks starve no launch (ownership.md 11.5).
 */
export class StopLane {
  readonly #clock: Clock;
  readonly #sessions = new Map<string, Denials>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Waits until a call to stop the task may be sent. Rejects with the signal's reason. */
  async turn(task: StoppedBy, signal: AbortSignal): Promise<void> {
    const denials = this.#sessions.get(task.session.key);
    if (denials === undefined || !this.#isPaced(denials, task)) return;
    const nowMs = this.#clock.monotonicMs();
    const turnMs = Math.max(nowMs, denials.nextMs);
    denials.nextMs = turnMs + deniedEveryMs;
    if (turnMs > nowMs) await this.#clock.sleep(turnMs - nowMs, signal);
  }

  denied(task: StoppedBy): void {
    const { key } = task.session;
    const denials = this.#sessions.get(key) ?? { tasks: new Set(), nextMs: 0 };
    if (denials.tasks.size < denialsUntilPaced) denials.tasks.add(nameOf(task));
    this.#sessions.set(key, denials);
  }

  allowed({ session }: StoppedBy): void {
    this.#sessions.delete(session.key);
  }

  /** A repetition always; a first try once it is known how it will go. */
  #isPaced({ tasks }: Denials, task: StoppedBy): boolean {
    return tasks.has(nameOf(task)) || tasks.size >= denialsUntilPaced;
  }
}

function nameOf({ clusterArn, taskArn }: StoppedBy): string {
  return `${clusterArn} ${taskArn}`;
}
