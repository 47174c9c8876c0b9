/**
 * What a terminal obeys instead of showing it: control characters (C0, DEL and C1: newlines, ANSI
 * and OSC sequences begin with one of them), separators of lines, marks that turn the direction of
 * writing, and halves of characters.
 */
const obeyed = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

const shortNames: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/**
 * Colours and weights (SGR): the only sequences that change nothing but how the text after them
 * looks.
 */
const colour = /(\u001b\[[0-9;:]{0,32}m)/;
const colourOff = '\u001b[0m';

/**
 * A text that is not ours, as one line of a terminal: whatever is in it is shown and nothing
 * obeyed.
 */
export function terminalText(text: string): string {
  return text.replace(obeyed, shown);
}

/**
 * The same of a text that we broke into lines; what was not ours in it must have been escaped
 * before.
 */
export function terminalLines(text: string): string {
  return text.split('\n').map(terminalText).join('\n');
}

/** Lines of a program's output: its colours and tabs stay, and end with the line. */
export function terminalOutput(text: string): readonly string[] {
  const lines = text.split(/\r\n|\n|\r/);
  while (lines.length > 1 && lines.at(-1) === '') lines.pop();
  return lines.map(outputLine);
}

function outputLine(line: string): string {
  const parts = line.split(colour).map((part, at) => (at % 2 === 1 ? part : plain(part)));
  const isColoured = parts.length > 1 && parts.at(-2) !== colourOff;
  return `${parts.join('')}${isColoured ? colourOff : ''}`;
}

function plain(part: string): string {
  return part.split('\t').map(terminalText).join('\t');
}

function shown(character: string): string {
  const code = character.charCodeAt(0);
  const hex = code.toString(16);
  return (
    shortNames[character] ??
    (code < 0x100 ? `\\x${hex.padStart(2, '0')}` : `\\u${hex.padStart(4, '0')}`)
  );
}
