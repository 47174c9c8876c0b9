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

/** With what a key is tried without a run. */
export interface Probe {
  readonly session: Pick<AwsSession, 'reserveLaunch' | 'runTask'>;
  /** RunTask's input; it names a definition that there cannot be. */
  readonly request: JsonObject;
}

interface WaitingRun {
  seenMs: number;
  tries: number;
}

/**
 * A run that no poll has shown for so long waits no more: it was cancelled, or another worker has
 * it.
 */
const forgottenAfterMs = 15 * 60_000;
/** Of the runs that polls have just shown, the one that was tried least is tried next. */
const shownWithinMs = 2 * 60_000;

/** One key, and the runs that it holds back. */
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
  /** When it is told next. */
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

  /** Runs that polls pass over for it, and claims in hand that wait for it. */
  get waiting(): number {
    return this.#runs.size + this.#wakers.size;
  }

  /** A call of RunTask tells without a run; until a right is known to be denied, runs are tried. */
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

  /**
   * Whether this run, of a kind that the key concerns, has to wait; the one that may try has not.
   */
  holdsBack(flowRunId: string, nowMs: number): boolean {
    if (!isHeldBack(this.#hold, this.isRunsOwn, nowMs) || this.#trial === flowRunId) return false;
    if (this.isProbed || !this.tryNow(nowMs)) return true;
    this.#trial = flowRunId;
    return false;
  }

  /** Begins a try, if it is time for one. */
  tryNow(nowMs: number): boolean {
    const after = this.held && tried(this.held, nowMs);
    if (after !== undefined) this.#hold = after;
    return after !== undefined;
  }

  /** Says whether the run begins to wait. */
  keep(flowRunId: string, nowMs: number): boolean {
    const known = this.#runs.get(flowRunId);
    this.#runs.set(flowRunId, { seenMs: nowMs, tries: known?.tries ?? 0 });
    return known === undefined;
  }

  drop(flowRunId: string): void {
    this.#runs.delete(flowRunId);
  }

  /** For one poll, which asks for each run that it was shown: whether that one is passed over. */
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

  /** Wakes the claim in hand when the key is allowed; what it returns ends that. */
  whenFree(wake: () => void): () => void {
    this.#wakers.add(wake);
    return () => void this.#wakers.delete(wake);
  }

  /** What was asked for was allowed: nobody waits any more, and refusals are counted anew. */
  allow(): void {
    this.#hold = free;
    this.#runs.clear();
    this.#trial = undefined;
    for (const wake of this.#wakers) wake();
  }
}
