import type { Deployment } from '../../core/prefect/deployment.ts';
import type { Flow } from '../../core/prefect/flow.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { PrefectApi } from '../ports/prefect-api.ts';

interface Kept<T> {
  readonly readAtMs: number;
  readonly value: Promise<T>;
}

/**
 * How old a shared answer may be. Runs of one poll share their reads; a changed deployment counts
 * from the next on.
 */
const freshForMs = 5_000;

/** Values kept before the stale ones are swept out; a bound, not a target. */
const sweepAbove = 500;

/**
 * One question, one call, for all who ask it within a few seconds. What failed, or was not there,
 * is not kept.
 */
class SharedReads<T> {
  readonly #clock: Clock;
  readonly #read: (key: string, signal: AbortSignal) => Promise<T>;
  readonly #kept = new Map<string, Kept<T>>();

  constructor(clock: Clock, read: (key: string, signal: AbortSignal) => Promise<T>) {
    this.#clock = clock;
    this.#read = read;
  }

  get(key: string, stopped: AbortSignal): Promise<T> {
    const nowMs = this.#clock.monotonicMs();
    const known = this.#kept.get(key);
    if (known !== undefined && nowMs - known.readAtMs <= freshForMs) return known.value;
    if (this.#kept.size > sweepAbove) this.#dropStale(nowMs);
    const kept: Kept<T> = { readAtMs: nowMs, value: this.#read(key, stopped) };
    this.#kept.set(key, kept);
    const forget = (): void => {
      if (this.#kept.get(key) === kept) this.#kept.delete(key);
    };
    // That something is gone is no answer for others: each asks for itself.
    kept.value.then((value) => (value === undefined ? forget() : undefined), forget);
    return kept.value;
  }

  #dropStale(nowMs: number): void {
    for (const [key, kept] of this.#kept)
      if (nowMs - kept.readAtMs > freshForMs) this.#kept.delete(key);
  }
}

/**
 * The deployments and flows of runs being prepared: hundreds of runs of one deployment cost one
 * read of each.
 */
export class JobReads {
  readonly #deployments: SharedReads<Deployment | undefined>;
  readonly #flows: SharedReads<Flow | undefined>;
  readonly #stopped: AbortSignal;

  /**
   * `stopped` ends shared reads: a read must not die with the one run that happened to ask first.
   */
  constructor(
    prefect: Pick<PrefectApi, 'readDeployment' | 'readFlow'>,
    clock: Clock,
    stopped: AbortSignal,
  ) {
    this.#deployments = new SharedReads(clock, (id, signal) => prefect.readDeployment(id, signal));
    this.#flows = new SharedReads(clock, (id, signal) => prefect.readFlow(id, signal));
    this.#stopped = stopped;
  }

  deployment(id: string): Promise<Deployment | undefined> {
    return this.#deployments.get(id, this.#stopped);
  }

  flow(id: string): Promise<Flow | undefined> {
    return this.#flows.get(id, this.#stopped);
  }
}
