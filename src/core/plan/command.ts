import { ValueError } from '../../kernel/errors.ts';

const whitespace = ' \t\r\n';

/** Where the next character stands: between words, in a word, or inside the quotes of this kind. */
type Place = 'between' | 'word' | '"' | "'";

/**
 * Splits a command as Python's `shlex.split` does (worker.md 7.3): the task's shell is never
 * ours, so there are no variables, no comments and no `$'...'`. Throws ValueError `No closing
 * quotation` or `No escaped character`.
 */
export function splitCommand(command: string): readonly string[] {
  const words: string[] = [];
  let word = '';
  let place: Place = 'between';
  for (let at = 0; at < command.length; at += 1) {
    const character = command.charAt(at);
    const isQuoted = place === '"' || place === "'";
    if (character === '\\' && place !== "'") {
      at += 1;
      word += escaped(command, at, isQuoted);
      if (!isQuoted) place = 'word';
    } else if (character === place) {
      place = 'word';
    } else if (isQuoted) {
      word += character;
    } else if (character === '"' || character === "'") {
      place = character;
    } else if (!whitespace.includes(character)) {
      place = 'word';
      word += character;
    } else if (place === 'word') {
      words.push(word);
      word = '';
      place = 'between';
    }
  }
  if (place === '"' || place === "'") throw new ValueError('No closing quotation');
  return place === 'word' ? [...words, word] : words;
}

/**
 * What a backslash makes of the character after it: within quotes it only escapes itself and the
 * quote.
 */
function escaped(command: string, at: number, isQuoted: boolean): string {
  if (at >= command.length) throw new ValueError('No escaped character');
  const character = command.charAt(at);
  return isQuoted && character !== '\\' && character !== '"' ? `\\${character}` : character;
}
