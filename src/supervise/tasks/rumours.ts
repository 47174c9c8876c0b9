import { tasksPerCall } from '../../core/task/tasks-per-call.ts';
import { isWorthAsking } from '../../core/events/rumour.ts';
import { rankOf } from '../../core/task/task-phase.ts';
import { isNewer } from '../../core/task/task-order.ts';
import type { EcsTask } from '../../core/task/task.ts';
import { exponentialMs } from '../../kernel/backoff.ts';
import { DeadlineError, within } from '../../kernel/deadline.ts';
import type { TaskGroup } from '../../kernel/task-group.ts';
import { ask } from './ask.ts';
import type { SupervisorPorts, TaskBatch } from './task-batch.ts';
import type { Watch } from './watch.ts';

/**
 * Events gather for so long: one question for all of them, and an end is told within 1.5 s of its
 * event.
 */
const gatherMs = 500;
/**
 * Events that prove untrue make the next questions rarer: never more of them than the sweep itself
 * makes.
 */
const longestGatherMs = 5_000;
/** Until this long after the last untrue one. */
const distrustMs = 10_000;
/**
 * Once DescribeTasks has not answered for this long, an event is believed for the end of a followed
 * task.
 */
const believedAfterMs = 60_000;
const longestBackoffMs = 20_000;
/** Whoever wakes so late was stopped meanwhile. */
const standstillMs = 5_000;
/**
 * DescribeTasks may be a moment behind the event: it is asked twice, if the event's version is the
 * higher one.
 */
const mostQuestions = 2;

interface Rumour {
  readonly task: EcsTask;
  readonly heardMs: number;
  questions: number;
}

/**
 * Changes of the tasks of one batch that events report and ECS has not shown yet. An event only
 * makes the worker ask ECS; the answer counts, because a forged event must not end a run
 * (worker.md 10.11). Invariants:
 * 1. many events cost one call for 100 tasks, and untrue ones at most one in five seconds;
 * 2. an event is believed only for an end, and only while ECS has not answered for a minute;
 * 3. nothing is kept of a rumour that ECS has answered.
 */
export class Rumours {
  readonly #batch: TaskBatch;
  readonly #believe: (task: EcsTask) => void;
  readonly #ports: SupervisorPorts;
  readonly #group: TaskGroup;
  readonly #heard = new Map<string, Rumour>();
  #isAsking = false;
  #gatherMs = gatherMs;
  #untrueAtMs = -Infinity;
  /** When the first question was asked that no answer followed; undefined: ECS answers. */
  #unansweredSinceMs: number | undefined;

  /** `believe`: told the end of a task of which ECS does not answer. */
  constructor(
    batch: TaskBatch,
    believe: (task: EcsTask) => void,
    ports: SupervisorPorts,
    group: TaskGroup,
  ) {
    this.#batch = batch;
    this.#believe = believe;
    this.#ports = ports;
    this.#group = group;
  }

  /** An event tells of a task of the batch what ECS has not said. */
  hear(task: EcsTask): void {
    const before = this.#heard.get(task.taskArn);
    if (before !== undefined && rankOf(before.task.lastStatus) >= rankOf(task.lastStatus)) return;
    this.#heard.set(task.taskArn, { task, heardMs: this.#ports.clock.monotonicMs(), questions: 0 });
    if (this.#isAsking) return;
    this.#isAsking = true;
    if (this.#ports.clock.monotonicMs() - this.#untrueAtMs > distrustMs) this.#gatherMs = gatherMs;
    this.#group.spawn(`confirm ${this.#batch.cluster}`, (signal) => this.#askAll(signal));
  }

  asking(askedAtMs: number): void {
    this.#unansweredSinceMs ??= askedAtMs;
  }

  /** Whoever asked: a round of the sweep answers rumours, too. */
  answered(taskArns: readonly string[], askedAtMs: number): void {
    this.#unansweredSinceMs = undefined;
    if (this.#heard.size === 0) return;
    let answered = 0;
    let borneOut = 0;
    for (const taskArn of taskArns) {
      const rumour = this.#heard.get(taskArn);
      if (rumour === undefined || rumour.heardMs > askedAtMs) continue;
      answered += 1;
      rumour.questions += 1;
      const watch = this.#batch.watchOf(taskArn);
      if (watch === undefined || !isWorthAsking(rumour.task, watch)) borneOut += 1;
      else if (mayBeAhead(rumour, watch)) continue;
      this.#heard.delete(taskArn);
    }
    if (borneOut > 0) this.#gatherMs = gatherMs;
    else if (answered > 0) {
      this.#gatherMs = Math.min(2 * this.#gatherMs, longestGatherMs);
      this.#untrueAtMs = this.#ports.clock.monotonicMs();
    }
  }

  async #askAll(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#ports;
    try {
      for (let failures = 0; this.#heard.size > 0;) {
        const waitMs =
          failures === 0
            ? this.#gatherMs
            : Math.min(
                exponentialMs(failures, 1_000, longestBackoffMs, random),
                this.#untilBelievedMs(),
              );
        const sleptFromMs = clock.monotonicMs();
        await clock.sleep(waitMs, signal);
        this.#mindStandstill(sleptFromMs + waitMs);
        if (this.#untilBelievedMs() <= 0) this.#believeEnds();
        else failures = (await this.#askSome(signal)) ? 0 : failures + 1;
      }
    } finally {
      this.#isAsking = false;
    }
  }

  /** Says whether ECS answered. */
  async #askSome(signal: AbortSignal): Promise<boolean> {
    const asked: string[] = [];
    for (const taskArn of this.#heard.keys()) {
      // it ended meanwhile, or was let go
      if (this.#batch.watchOf(taskArn) === undefined) this.#heard.delete(taskArn);
      else asked.push(taskArn);
      if (asked.length === tasksPerCall) break;
    }
    if (asked.length === 0) return true;
    const { clock } = this.#ports;
    const boundMs = this.#untilBelievedMs();
    const endsMs = clock.monotonicMs() + boundMs;
    try {
      const error = await within(boundMs, clock, signal, (inTime) =>
        ask(asked, this.#batch, this.#ports, inTime),
      );
      return error === undefined;
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof DeadlineError) return false; // it hangs
      throw error;
    } finally {
      this.#mindStandstill(endsMs);
    }
  }

  /** A process that stood still has given ECS no minute to answer. */
  #mindStandstill(dueMs: number): void {
    if (this.#ports.clock.monotonicMs() - dueMs > standstillMs) this.#unansweredSinceMs = undefined;
  }

  #untilBelievedMs(): number {
    const nowMs = this.#ports.clock.monotonicMs();
    return (this.#unansweredSinceMs ?? nowMs) + believedAfterMs - nowMs;
  }

  /** Ends are believed; what else events told waits for the sweep. */
  #believeEnds(): void {
    const heard = [...this.#heard.values()];
    this.#heard.clear();
    for (const { task } of heard) if (task.lastStatus === 'STOPPED') this.#believe(task);
  }
}

/**
 * Whether ECS may not have known yet what the event tells. What is missing is judged by the sweep,
 * after minutes.
 */
function mayBeAhead({ task, questions }: Rumour, { lastSeen, missingSinceMs }: Watch): boolean {
  return missingSinceMs === undefined && questions < mostQuestions && isNewer(task, lastSeen);
}
