import { loggerOver } from '../../kernel/console-logger.ts';
import { terminalOutput } from '../../kernel/terminal-text.ts';
import type { Logger } from '../../kernel/logger.ts';
import { styleText } from 'node:util';
import type { Output } from '../command-context.ts';

/** Prints one line with the label of its part. */
export type LinePrinter = (line: string) => void;

const colours = ['cyan', 'magenta', 'yellow', 'green', 'blue'] as const;

/** Prints lines of several parts on one output, each with its label, coloured on a terminal. */
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

/** Prints a server's log with the label of its part, without debug lines. */
export function loggerPrinting(printLine: LinePrinter): Logger {
  return loggerOver((level, message) => {
    if (level !== 'debug') printLine(message);
  }, {});
}
