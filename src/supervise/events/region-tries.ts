import type { Clock } from '../../kernel/clock.ts';
import { RuntimeError } from '../../kernel/errors.ts';

/** A region that never answered is tried alone for so long. */
const tryAloneMs = 60_000;

/**
 * Which regions ECS is asked in on the word of an event. Each has a client of its own, and few are
 * kept: an event must not be able to have one made for any region that it makes up.
 */
export class RegionTries {
  readonly #clock: Clock;
  /** At most as many as AWS has. */
  readonly #answered = new Set<string>();
  #trial: { readonly region: string; readonly sinceMs: number } | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Throws while another region that never answered is being tried. */
  begin(region: string): void {
    if (this.#answered.has(region)) return;
    const nowMs = this.#clock.monotonicMs();
    const trial = this.#trial;
    if (trial !== undefined && trial.region !== region && nowMs - trial.sinceMs < tryAloneMs)
      throw new RuntimeError(
        `ECS in region '${region}' is not asked yet: the worker is trying another new region first`,
      );
    if (trial?.region !== region) this.#trial = { region, sinceMs: nowMs };
  }

  answered(region: string): void {
    this.#answered.add(region);
    if (this.#trial?.region === region) this.#trial = undefined;
  }
}
