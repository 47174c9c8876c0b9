import { seededRandom, type Random } from '../../kernel/random.ts';

/** A sequence of an account's own, out of one seed: what other accounts do does not change it. */
export function randomOf(seed: number, name: string): Random {
  let hash = seed >>> 0;
  for (const letter of name) hash = Math.imul(hash ^ letter.charCodeAt(0), 0x01000193) >>> 0;
  return seededRandom(hash);
}
