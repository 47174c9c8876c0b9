import { seededRandom, type Random } from '../../kernel/random.ts';

/**
 * A random sequence for one account, derived from the seed. Calls to other accounts do not change
 * it, so a failing run can be repeated.
 */
export function randomOf(seed: number, name: string): Random {
  let hash = seed >>> 0;
  for (const letter of name) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193) >>> 0;
  return seededRandom(hash);
}
