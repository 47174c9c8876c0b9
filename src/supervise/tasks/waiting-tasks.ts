import { laterStatus } from '../../core/events/rumour.ts';
import type { TaskStatus } from '../../core/task/task-phase.ts';
import type { Clock } from '../../kernel/clock.ts';
import { toError } from '../../kernel/errors.ts';
import type { TaskGroup } from '../../kernel/task-group.ts';
import type { LaunchedTask } from '../../run/ports/task-follower.ts';
import type { FlowRunReader } from '../../run/shared/flow-run-reader.ts';
import type { Watch } from './watch.ts';

/** A followed task, as it is known now. */
interface FollowedTask {
  readonly task: LaunchedTask;
  readonly watch: Watch;
  /** The latest status in an event. */
  readonly heard: TaskStatus | undefined;
}

/**
 * A task that starts sooner gets no state of its own, which would only be noise (worker.md 10.6).
 */
const waitsForMs = 30_000;

/** An event suffices here, because only the state message of a Pending run depends on it. */
export function waitsForMachine(followed: FollowedTask): boolean {
  const status = statusOf(followed);
  return !followed.watch.wasRunning && (status === 'PROVISIONING' || status === 'PENDING');
}

function statusOf({ watch, heard }: FollowedTask): TaskStatus {
  return laterStatus(heard, watch.lastSeen?.lastStatus ?? 'UNKNOWN');
}

/**
 * Reports once, for each run whose task still waits for a machine after half a minute, that it
 * does. One loop serves all tasks. Invariant: a run gets this message at most once.
 */
export class WaitingTasks<T extends FollowedTask> {
  readonly #ports: { readonly clock: Clock; readonly flowRuns: FlowRunReader };
  readonly #group: TaskGroup;
  /** Roughly in launch order. Reported tasks stay until their time has passed. */
  readonly #waiting = new Set<T>();
  readonly #told = new WeakSet<T>();
  #isRunning = false;

  constructor(
    ports: { readonly clock: Clock; readonly flowRuns: FlowRunReader },
    group: TaskGroup,
  ) {
    this.#ports = ports;
    this.#group = group;
  }

  /** An event reported that the task waits. */
  add(followed: T): void {
    if (this.#told.has(followed)) return;
    this.#waiting.add(followed);
    if (this.#isRunning) return;
    this.#isRunning = true;
    this.#group.spawn('waiting tasks', (signal) => this.#tellAll(signal));
  }

  async #tellAll(signal: AbortSignal): Promise<void> {
    const { clock } = this.#ports;
    for (const followed of this.#waiting) {
      const dueInMs = followed.task.launchedAtMs + waitsForMs - clock.monotonicMs();
      if (dueInMs > 0) await clock.sleep(dueInMs, signal);
      this.#told.add(followed);
      if (waitsForMachine(followed))
        this.#group.spawn('waiting task', (inner) => this.#tell(followed, inner));
      this.#waiting.delete(followed);
    }
    this.#isRunning = false;
  }

  async #tell(followed: T, signal: AbortSignal): Promise<void> {
    const { task } = followed;
    try {
      const { flowRun } = await this.#ports.flowRuns.read(task.flowRun.id);
      if (flowRun?.stateType !== 'PENDING' || !waitsForMachine(followed)) return;
      const message = `ECS task is ${statusOf(followed).toLowerCase()}.`;
      await task.proposals.progress('InfrastructurePending', message, signal);
    } catch (error) {
      task.log.debug('Could not report that the task is waiting', {
        error: toError(error).message,
      });
    }
  }
}
