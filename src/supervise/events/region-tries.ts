import type { Clock } from '../../kernel/clock.ts';
import { RuntimeError } from '../../kernel/errors.ts';

/** How long one region that never answered is tried before another one may be. */
const tryAloneMs = 60_000;

/**
 * Decides in which regions an event may make the worker call ECS. Each region costs a client that
 * is kept. Without this limit, forged events with invented regions would create clients without
 * bound.
 */
export class RegionTries {
  readonly #clock: Clock;
  /** Regions that answered. AWS has few, so this stays small. */
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
