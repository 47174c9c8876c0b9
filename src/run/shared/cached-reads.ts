import type { Deployment } from '../../core/prefect/deployment.ts';
import type { Flow } from '../../core/prefect/flow.ts';
import type { Clock } from '../../kernel/clock.ts';
import type { PrefectApi } from '../ports/prefect-api.ts';

interface Kept<T> {
  readonly readAtMs: number;
  readonly value: Promise<T>;
}

/**
 * How long an answer is shared. Runs of one poll share their reads; a changed deployment takes
 * effect from the next poll on.
 */
const freshForMs = 5_000;

/** Stale values are swept out above this number. A bound, not a target. */
const sweepAbove = 500;

/**
 * One question leads to one call for all callers within a few seconds. An error or a missing object
 * is not kept: it may exist a moment later.
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
    // A missing object is not shared: each caller asks for itself.
    kept.value.then((value) => (value === undefined ? forget() : undefined), forget);
    return kept.value;
  }

  #dropStale(nowMs: number): void {
    for (const [key, kept] of this.#kept)
      if (nowMs - kept.readAtMs > freshForMs) this.#kept.delete(key);
  }
}

/**
 * Reads deployments and flows for runs being prepared: hundreds of runs of one deployment cost one
 * read of each.
 */
export class JobReads {
  readonly #deployments: SharedReads<Deployment | undefined>;
  readonly #flows: SharedReads<Flow | undefined>;
  readonly #stopped: AbortSignal;

  /**
   * `stopped` ends shared reads. The signal of the run that asked first must not: a read shared
   * with others would die with that run.
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
