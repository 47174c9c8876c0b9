import Table from 'cli-table3';
import { terminalText } from '../kernel/terminal-text.ts';
import type { Output } from './command-context.ts';

/** Prints a table without colours, so that it reads the same in a file. */
export function printTable(
  out: Output,
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  const table = new Table({ head: headings.map(terminalText), style: { head: [], border: [] } });
  for (const row of rows) table.push(row.map(terminalText));
  out.write(`${table.toString()}\n`);
}
