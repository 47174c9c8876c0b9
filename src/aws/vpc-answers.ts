import type { Clock } from '../kernel/clock.ts';
import { LruMap } from '../kernel/lru-map.ts';

/** How long EC2's answers are kept: without it a burst asks twice for each run (worker.md 7.1). */
const keptForMs = 5 * 60_000;

const keptAnswers = 200;

/** Keeps answers by question, with one look-up in flight for each. Failures are not kept. */
export class KeptAnswers<T> {
  readonly #clock: Clock;
  readonly #kept = new LruMap<string, { readonly askedAtMs: number; readonly answer: Promise<T> }>(
    keptAnswers,
  );

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The answers are no longer true. */
  forget(): void {
    for (const [question] of this.#kept.entries()) this.#kept.delete(question);
  }

  get(question: string, ask: () => Promise<T>): Promise<T> {
    const nowMs = this.#clock.monotonicMs();
    const known = this.#kept.get(question);
    if (known !== undefined && nowMs - known.askedAtMs < keptForMs) return known.answer;
    const kept = { askedAtMs: nowMs, answer: ask() };
    this.#kept.set(question, kept);
    kept.answer.catch(() => {
      if (this.#kept.get(question) === kept) this.#kept.delete(question);
    });
    return kept.answer;
  }
}
