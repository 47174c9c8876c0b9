import type { Random } from './random.ts';

/**
 * Prefect's jitter ("clamped Poisson"): about `[0.75, 1.3] x base` for factor 0.3. Ours is uniform
 * in the same range, which a server cannot distinguish (prefect-api.md 1.5).
 */
export function jitteredMs(baseMs: number, factor: number, random: Random): number {
  if (factor <= 0) return baseMs;
  const grown = 2 ** (1 + factor);
  const lowest = baseMs * Math.log2(grown / (grown - 1));
  const highest = baseMs * (1 + factor);
  return lowest + (highest - lowest) * random.next();
}

/**
 * `initialMs x 2^(attempt-1)`, at most `maxMs`, with full jitter of a quarter. `attempt` counts
 * from 1.
 */
export function exponentialMs(
  attempt: number,
  initialMs: number,
  maxMs: number,
  random: Random,
): number {
  return doubledMs(attempt, initialMs, maxMs) * (0.75 + random.next() * 0.5);
}

/**
 * Milliseconds before repetition 1, 2, 3, ...: `firstMs`, twice as long each time, at most
 * `longestMs`; not jittered.
 */
export function doubledMs(repetition: number, firstMs: number, longestMs: number): number {
  return Math.min(longestMs, firstMs * 2 ** (repetition - 1));
}
