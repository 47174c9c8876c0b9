/**
 * Characters that a terminal interprets: control characters (C0, DEL and C1, which begin newlines,
 * ANSI and OSC sequences), line separators, marks that change the writing direction, and lone
 * surrogates.
 */
const obeyed = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/gu;

const shortNames: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Colours and weights (SGR), the only sequences that only change the look of the text. */
const colour = /(\u001b\[[0-9;:]{0,32}m)/;
const colourOff = '\u001b[0m';

/** Foreign text as one line for a terminal, with everything escaped that a terminal interprets. */
export function terminalText(text: string): string {
  return text.replace(obeyed, shown);
}

/** Like `terminalText`, but keeps our own line breaks. Foreign parts must be escaped already. */
export function terminalLines(text: string): string {
  return text.split('\n').map(terminalText).join('\n');
}

/** Lines of a program's output, with its colours and tabs. Colours end with the line. */
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
