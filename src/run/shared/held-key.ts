import {
  free,
  isHeldBack,
  refuse,
  tried,
  type Held,
  type Hold,
  type Refusal,
  type Refused,
} from '../../core/breaker/hold.ts';
import { isProbedWithoutRun, type HoldKey } from '../../core/breaker/hold-key.ts';
import type { HeldFacts } from '../../core/breaker/hold-words.ts';
import type { JsonObject } from '../../kernel/json.ts';
import type { AwsSession } from '../ports/aws.ts';

/** What is needed to try a key without a run. */
export interface Probe {
  readonly session: Pick<AwsSession, 'reserveLaunch' | 'runTask'>;
  /** RunTask's input. It names a definition that cannot exist. */
  readonly request: JsonObject;
}

interface WaitingRun {
  seenMs: number;
  tries: number;
}

/**
 * A run that no poll has offered for this long waits no more: it was cancelled, or another worker
 * has it.
 */
const forgottenAfterMs = 15 * 60_000;
/** Among the runs that polls offered within this time, the least tried one is tried next. */
const shownWithinMs = 2 * 60_000;

/**
 * One key, and the runs that it holds back. At most one run tries at a time, so that a denial costs
 * one call and not one for each run.
 */
export class HeldKey {
  readonly key: HoldKey;
  readonly isRunsOwn: boolean;
  readonly #runs = new Map<string, WaitingRun>();
  readonly #wakers = new Set<() => void>();
  #hold: Hold = free;
  #words = '';
  #trial: string | undefined;
  probe: Probe | undefined;
  isProbing = false;
  /** When the next log line is due. */
  sayAtMs = Infinity;

  constructor(key: HoldKey, isRunsOwn: boolean) {
    this.key = key;
    this.isRunsOwn = isRunsOwn;
  }

  get held(): Held | undefined {
    return this.#hold.kind === 'held' ? this.#hold : undefined;
  }

  get facts(): HeldFacts {
    return { key: this.key, why: this.held?.why ?? 'ill', words: this.#words };
  }

  /** Runs that polls pass over because of this key, and claims that wait for it. */
  get waiting(): number {
    return this.#runs.size + this.#wakers.size;
  }

  /** A RunTask without a run can try the key. Until a right is known to be denied, runs try it. */
  get isProbed(): boolean {
    return this.held?.why === 'denied' && isProbedWithoutRun(this.key) && this.probe !== undefined;
  }

  refused(refusal: Refusal, words: string, nowMs: number): Refused['fate'] {
    if (this.#trial === refusal.flowRunId) this.#trial = undefined;
    this.#words = words;
    const { hold, fate } = refuse(this.#hold, refusal, nowMs);
    this.#hold = hold;
    return fate;
  }

  /** Whether this run has to wait. The run whose turn it is to try does not. */
  holdsBack(flowRunId: string, nowMs: number): boolean {
    if (!isHeldBack(this.#hold, this.isRunsOwn, nowMs) || this.#trial === flowRunId) return false;
    if (this.isProbed || !this.tryNow(nowMs)) return true;
    this.#trial = flowRunId;
    return false;
  }

  /** Begins a try if one is due; returns whether it did. */
  tryNow(nowMs: number): boolean {
    const after = this.held && tried(this.held, nowMs);
    if (after !== undefined) this.#hold = after;
    return after !== undefined;
  }

  /** Returns whether the run has only now begun to wait. */
  keep(flowRunId: string, nowMs: number): boolean {
    const known = this.#runs.get(flowRunId);
    this.#runs.set(flowRunId, { seenMs: nowMs, tries: known?.tries ?? 0 });
    return known === undefined;
  }

  drop(flowRunId: string): void {
    this.#runs.delete(flowRunId);
  }

  /** For one poll, which asks about each run that it was offered: whether to pass it over. */
  passesOver(nowMs: number): (flowRunId: string) => boolean {
    const isOver = !isHeldBack(this.#hold, this.isRunsOwn, nowMs);
    let leastTries = this.isProbed || isOver ? -1 : this.#leastTries(nowMs);
    return (flowRunId) => {
      const run = this.#runs.get(flowRunId);
      if (run === undefined || isOver) return false;
      run.seenMs = nowMs;
      if (run.tries > leastTries || !this.tryNow(nowMs)) return true;
      leastTries = -1;
      run.tries += 1;
      this.#trial = flowRunId;
      return false;
    };
  }

  #leastTries(nowMs: number): number {
    let least = Infinity;
    for (const [id, { seenMs, tries }] of this.#runs) {
      if (nowMs - seenMs > forgottenAfterMs) this.#runs.delete(id);
      else if (nowMs - seenMs <= shownWithinMs) least = Math.min(least, tries);
    }
    return least;
  }

  /** Wakes a waiting claim when the key becomes free. The returned function ends that. */
  whenFree(wake: () => void): () => void {
    this.#wakers.add(wake);
    return () => void this.#wakers.delete(wake);
  }

  /** The request was allowed: no run waits any more, and refusals are counted anew. */
  allow(): void {
    this.#hold = free;
    this.#runs.clear();
    this.#trial = undefined;
    for (const wake of this.#wakers) wake();
  }
}
