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
 * How long events are collected, so that one call serves all of them. An end is still reported
 * within 1.5 s of its event.
 */
const gatherMs = 500;
/**
 * Events that prove untrue slow the next calls down to this, so that forged events cost no more
 * calls than the sweep itself.
 */
const longestGatherMs = 5_000;
/** How long the slower pace lasts after the latest untrue event. */
const distrustMs = 10_000;
/** After DescribeTasks has not answered for this long, an event may end a followed task. */
const believedAfterMs = 60_000;
const longestBackoffMs = 20_000;
/** A timer this late means that the process was suspended. */
const standstillMs = 5_000;
/**
 * DescribeTasks may lag a moment behind the event. If the event's version is higher, ECS is asked a
 * second time.
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
  /** When the first unanswered call was sent. Undefined: ECS answers. */
  #unansweredSinceMs: number | undefined;

  /** `believe` receives the end of a task when ECS does not answer. */
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

  /** An event reports what ECS has not confirmed yet. */
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

  /** Rounds of the sweep also confirm or refute events, whichever part sent the call. */
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

  /** Returns whether ECS answered. */
  async #askSome(signal: AbortSignal): Promise<boolean> {
    const asked: string[] = [];
    for (const taskArn of this.#heard.keys()) {
      // The task has ended meanwhile, or is not followed any more.
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
      if (error instanceof DeadlineError) return false; // the call hangs
      throw error;
    } finally {
      this.#mindStandstill(endsMs);
    }
  }

  /**
   * A process that was suspended did not give ECS a minute to answer. Without this reset, a resumed
   * worker would believe an event at once.
   */
  #mindStandstill(dueMs: number): void {
    if (this.#ports.clock.monotonicMs() - dueMs > standstillMs) this.#unansweredSinceMs = undefined;
  }

  #untilBelievedMs(): number {
    const nowMs = this.#ports.clock.monotonicMs();
    return (this.#unansweredSinceMs ?? nowMs) + believedAfterMs - nowMs;
  }

  /** Only ends are believed. All other events wait for the sweep. */
  #believeEnds(): void {
    const heard = [...this.#heard.values()];
    this.#heard.clear();
    for (const { task } of heard) if (task.lastStatus === 'STOPPED') this.#believe(task);
  }
}

/**
 * Whether the event may be newer than the answer of ECS. A missing task is judged by the sweep
 * alone, after minutes.
 */
function mayBeAhead({ task, questions }: Rumour, { lastSeen, missingSinceMs }: Watch): boolean {
  return missingSinceMs === undefined && questions < mostQuestions && isNewer(task, lastSeen);
}
