import { loggerOver } from '../../kernel/console-logger.ts';
import { terminalOutput } from '../../kernel/terminal-text.ts';
import type { Logger } from '../../kernel/logger.ts';
import { styleText } from 'node:util';
import type { Output } from '../command-context.ts';

/** Says one line in the name of one part. */
export type LinePrinter = (line: string) => void;

const colours = ['cyan', 'magenta', 'yellow', 'green', 'blue'] as const;

/**
 * Lines of several parts on one output, each behind its part's name, coloured on a terminal that
 * wants it.
 */
export function linePrinterFor(
  output: Output,
  parts: readonly string[],
): (part: string) => LinePrinter {
  const width = Math.max(...parts.map((part) => part.length));
  return (part) => {
    const label = part.padEnd(width);
    const colour = colours[parts.indexOf(part) % colours.length] ?? 'cyan';
    const prefix = output.isTerminal ? styleText(colour, `${label} |`) : `${label} |`;
    return (text) => {
      for (const line of terminalOutput(text)) output.write(`${prefix} ${line}\n`);
    };
  };
}

/** A server's log, as lines of its part; what only helps to find mistakes in it is left out. */
export function loggerPrinting(printLine: LinePrinter): Logger {
  return loggerOver((level, message) => {
    if (level !== 'debug') printLine(message);
  }, {});
}
