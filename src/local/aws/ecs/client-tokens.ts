import { isDeepStrictEqual } from 'node:util';
import type { Clock } from '../../../kernel/clock.ts';
import { AwsError } from '../wire/aws-error.ts';
import type { Cluster } from './clusters.ts';
import type { RunTaskInput } from './run-task-input.ts';
import type { Task } from './task.ts';

const hourMs = 3_600_000;

interface UsedToken {
  readonly input: RunTaskInput;
  readonly tasks: readonly Task[];
  readonly usedAtMs: number;
}

/**
 * The `clientToken`s of an account and region. One token in one cluster identifies one request,
 * which is what makes a repeated RunTask safe: it must never launch more (aws-ecs.md B.3.4).
 */
export class ClientTokens {
  readonly #clock: Clock;
  readonly #used = new Map<string, UsedToken>();
  #sweepAt = 1_000;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * The tasks that the same request launched before. A conflict if another request used the token.
   */
  tasksOf(cluster: Cluster, input: RunTaskInput): readonly Task[] | undefined {
    if (input.clientToken === undefined) return undefined;
    const used = this.#used.get(keyOf(cluster, input.clientToken));
    if (used === undefined || this.#hasLapsed(used)) return undefined;
    if (isDeepStrictEqual(used.input, input)) return used.tasks;
    throw new AwsError('ConflictException', 'The client token is already in use.', {
      members: { resourceIds: used.tasks.map((task) => task.arn) },
    });
  }

  remember(cluster: Cluster, input: RunTaskInput, tasks: readonly Task[]): void {
    if (input.clientToken === undefined) return;
    this.#used.set(keyOf(cluster, input.clientToken), {
      input,
      tasks,
      usedAtMs: this.#clock.monotonicMs(),
    });
    if (this.#used.size >= this.#sweepAt) this.#sweep();
  }

  /**
   * Keeps at most twice as many tokens as are valid. Each sweep is paid for by the tokens since the
   * last one.
   */
  #sweep(): void {
    for (const [key, used] of this.#used) if (this.#hasLapsed(used)) this.#used.delete(key);
    this.#sweepAt = Math.max(1_000, 2 * this.#used.size);
  }

  /** A token is valid for 24 hours, or until an hour after its task, whichever is shorter. */
  #hasLapsed(used: UsedToken): boolean {
    if (this.#clock.monotonicMs() - used.usedAtMs > 24 * hourMs) return true;
    const nowMs = this.#clock.now().getTime();
    return used.tasks.every(({ state: { times } }) => {
      return times.stoppedAt !== undefined && nowMs - times.stoppedAt.getTime() > hourMs;
    });
  }
}

function keyOf(cluster: Cluster, token: string): string {
  return `${cluster.arn} ${token}`;
}
