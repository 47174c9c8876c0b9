import { visibleAfterMs } from '../../core/task/task-visibility.ts';
import type { Clock } from '../../kernel/clock.ts';

/** How many of the newest launches are searched for each time. */
const newestLaunches = 3;
/**
 * How often all others are searched for too: a run's calls must not grow with the hours that it
 * waits (worker.md 8.3).
 */
const othersEveryMs = 10 * 60_000;

/**
 * Which launches of a claim may still turn out to have a task. A launch that was searched for when
 * ECS would have shown its task is not searched for again: the calls of a waiting run must not grow
 * with the hours that it waits.
 */
export class MadeLaunches {
  readonly #clock: Clock;
  readonly #made: { readonly attempt: number; readonly atMs: number }[] = [];
  #othersAtMs = -Infinity;
  #absentUpTo = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  made(attempt: number): void {
    this.#made.push({ attempt, atMs: this.#clock.monotonicMs() });
  }

  /** The oldest launch to search for before launch `attempt`. */
  lookFrom(attempt: number): number {
    const newest = Math.max(1, attempt - newestLaunches + 1);
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#othersAtMs < othersEveryMs) return newest;
    const first = this.#absentUpTo + 1;
    this.#othersAtMs = nowMs;
    while (this.#made[0] !== undefined && nowMs - this.#made[0].atMs >= visibleAfterMs)
      this.#absentUpTo = this.#made.shift()?.attempt ?? this.#absentUpTo;
    return Math.min(first, newest);
  }
}
