import type { WhoLives } from '../core/liveness/who-lives.ts';
import { exponentialMs } from '../kernel/backoff.ts';
import { toError } from '../kernel/errors.ts';
import { Outage, usualPace } from '../kernel/outage.ts';
import { Nap } from '../kernel/nap.ts';
import type { RunPorts } from '../run/run-context.ts';
import type { Adoption } from './adoption.ts';
import type { ProvisionalSlots } from './provisional-slots.ts';

const roundEveryMs = 10 * 60_000;
/**
 * Used where only runs show which workers live, or where runs that may have ended count against the
 * limit.
 */
const soonMs = 2 * 60_000;
const afterTroubleMs = 60_000;
/** Retries soon: a worker with a limit claims nothing before its first listing. */
const firstRetryMs = 1_000;
const longestFirstRetryMs = 30_000;
/** When to look again at a dropped run. */
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
 * Decides when runs are listed: at the start, after a verdict of death, some time after a run was
 * dropped, and every ten minutes. Rounds never overlap, because two would adopt the same runs. A
 * round requested during another follows at once: a dead worker's runs would otherwise wait up to
 * ten minutes (worker.md 9.7.1).
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
  /** How often each run was dropped, since the last full interval without a drop. */
  readonly #letFall = new Map<string, number>();
  /** Runs dropped since the last round began. */
  readonly #isWaiting = new Set<string>();
  #takeUpAtMs: number | undefined;

  constructor(ports: Pick<RunPorts, 'clock' | 'random' | 'workerLog'>, parts: RoundParts) {
    this.#ports = ports;
    this.#parts = parts;
    this.#outage = new Outage(listing, { clock: ports.clock, log: ports.workerLog });
    this.#begun = new Promise((resolve) => (this.#begin = resolve));
  }

  /**
   * Resolves when all runs were listed once: from then on, runs that may be alive have their slots.
   */
  get begun(): Promise<void> {
    return this.#begun;
  }

  /** Begins a round soon instead of at its regular time. */
  hurry(): void {
    this.#isDue = true;
    this.#nap.reconsider();
  }

  /**
   * A run was dropped that may still be ours: begins a round in a minute, later each time the same
   * run is dropped.
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

  /** Makes rounds until the signal. The pool must be known. */
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
