import type { Random } from '../../kernel/random.ts';

const adjectives = [
  'amber',
  'brisk',
  'calm',
  'daring',
  'eager',
  'fuzzy',
  'gentle',
  'hidden',
  'ivory',
  'jolly',
];
const animals = [
  'badger',
  'crane',
  'dingo',
  'egret',
  'ferret',
  'gecko',
  'heron',
  'ibex',
  'jackal',
  'koala',
];

/** A name as the server gives to runs without one: an adjective and an animal. */
export function runName(random: Random): string {
  const pick = (words: readonly string[]): string =>
    words[Math.floor(random.next() * words.length)] ?? 'quiet';
  return `${pick(adjectives)}-${pick(animals)}`;
}
