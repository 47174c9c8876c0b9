import { ValueError } from '../../kernel/errors.ts';

const whitespace = ' \t\r\n';

/** The state of the parser: between words, in a word, or in quotes of this kind. */
type Place = 'between' | 'word' | '"' | "'";

/**
 * Splits a command as Python's `shlex.split` does (worker.md 7.3). No shell is involved, so there
 * are no variables, comments or `$'...'`. Throws ValueError `No closing quotation` or `No escaped
 * character`.
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

/** A character after a backslash. Within quotes, a backslash escapes only itself and the quote. */
function escaped(command: string, at: number, isQuoted: boolean): string {
  if (at >= command.length) throw new ValueError('No escaped character');
  const character = command.charAt(at);
  return isQuoted && character !== '\\' && character !== '"' ? `\\${character}` : character;
}
