import type { WhoLives } from '../core/liveness/who-lives.ts';
import { exponentialMs } from '../kernel/backoff.ts';
import { toError } from '../kernel/errors.ts';
import { Outage, usualPace } from '../kernel/outage.ts';
import { Nap } from '../kernel/nap.ts';
import type { RunPorts } from '../run/run-context.ts';
import type { Adoption } from './adoption.ts';
import type { ProvisionalSlots } from './provisional-slots.ts';

const roundEveryMs = 10 * 60_000;
/** Where runs alone tell who lives, or runs count against the limit that may have ended. */
const soonMs = 2 * 60_000;
const afterTroubleMs = 60_000;
/** Until the first listing a worker with a limit claims nothing. */
const firstRetryMs = 1_000;
const longestFirstRetryMs = 30_000;
/** What was let fall is looked at again after these. */
const takeUpAfterMs = [60_000, 120_000, 240_000, 480_000, 600_000] as const;

const listing = {
  what: 'Listing the flow runs of the work pool',
  calls: 'listings',
  advice:
    'Until then, runs of dead workers are not adopted, and a worker with a limit starts no run ' +
    'before its first listing.',
};

export interface RoundParts {
  readonly adoption: Pick<Adoption, 'round'>;
  readonly whoLives: Pick<WhoLives, 'isAnybodyMute'>;
  readonly provisional: Pick<ProvisionalSlots, 'isEmpty'>;
}

/**
 * When runs are listed: at the start, after a verdict of death, some time after a run was dropped
 * unfinished, and every ten minutes. Rounds never overlap. One requested during another follows it
 * at once: left to the next regular round, a dead worker's runs would wait ten minutes (worker.md
 * 9.7.1).
 */
export class Rounds {
  readonly #ports: Pick<RunPorts, 'clock' | 'random' | 'workerLog'>;
  readonly #parts: RoundParts;
  readonly #begun: Promise<void>;
  #begin: () => void = () => undefined;
  #hasBegun = false;
  #failures = 0;
  readonly #outage: Outage;
  readonly #nap = new Nap();
  #isDue = false;
  /** How often each was let fall, since nothing was for a whole round. */
  readonly #letFall = new Map<string, number>();
  /** Let fall since the last round began. */
  readonly #isWaiting = new Set<string>();
  #takeUpAtMs: number | undefined;

  constructor(ports: Pick<RunPorts, 'clock' | 'random' | 'workerLog'>, parts: RoundParts) {
    this.#ports = ports;
    this.#parts = parts;
    this.#outage = new Outage(listing, { clock: ports.clock, log: ports.workerLog });
    this.#begun = new Promise((resolve) => (this.#begin = resolve));
  }

  /** Resolves when all runs were listed once: what may live has its slots then. */
  get begun(): Promise<void> {
    return this.#begun;
  }

  /** A round soon, instead of in its time. */
  hurry(): void {
    this.#isDue = true;
    this.#nap.reconsider();
  }

  /**
   * A run was let fall that may still be ours: a round in a minute, and ever later while that one
   * goes on.
   */
  takeUpAgain(flowRunId: string): void {
    if (this.#isWaiting.has(flowRunId)) return;
    this.#isWaiting.add(flowRunId);
    const times = this.#letFall.get(flowRunId) ?? 0;
    this.#letFall.set(flowRunId, times + 1);
    const afterMs = takeUpAfterMs[Math.min(times, takeUpAfterMs.length - 1)] ?? roundEveryMs;
    const dueMs = this.#ports.clock.monotonicMs() + afterMs;
    this.#takeUpAtMs = Math.min(this.#takeUpAtMs ?? Infinity, dueMs);
    this.#nap.reconsider();
  }

  /** Rounds until the signal; for when the pool is known. */
  async run(signal: AbortSignal): Promise<void> {
    for (;;) {
      const wasWell = await this.#round(signal);
      await this.#pause(wasWell ? this.#untilNextMs() : this.#retryMs(), signal);
    }
  }

  async #round(signal: AbortSignal): Promise<boolean> {
    const begunMs = this.#ports.clock.monotonicMs();
    this.#isWaiting.clear();
    try {
      await this.#parts.adoption.round(signal);
      this.#outage.succeeded();
      this.#failures = 0;
      this.#hasBegun = true;
      this.#begin();
      return true;
    } catch (error) {
      signal.throwIfAborted();
      this.#failures += 1;
      this.#outage.failed(toError(error), usualPace, begunMs);
      return false;
    }
  }

  #untilNextMs(): number {
    const isSoon =
      this.#parts.whoLives.isAnybodyMute(this.#ports.clock.monotonicMs()) ||
      !this.#parts.provisional.isEmpty;
    return isSoon ? soonMs : roundEveryMs;
  }

  #retryMs(): number {
    if (this.#hasBegun) return afterTroubleMs;
    return exponentialMs(this.#failures, firstRetryMs, longestFirstRetryMs, this.#ports.random);
  }

  async #pause(ms: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#ports;
    const untilMs = clock.monotonicMs() + ms;
    const dueMs = (): number => (this.#isDue ? 0 : Math.min(untilMs, this.#takeUpAtMs ?? Infinity));
    await this.#nap.until(dueMs, clock, signal);
    this.#isDue = false;
    if (this.#takeUpAtMs !== undefined && this.#takeUpAtMs <= clock.monotonicMs())
      this.#takeUpAtMs = undefined;
    else if (this.#takeUpAtMs === undefined) this.#letFall.clear();
  }
}
