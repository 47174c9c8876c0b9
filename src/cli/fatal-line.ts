import { createConsoleLogger } from '../kernel/console-logger.ts';
import { terminalLines, terminalText } from '../kernel/terminal-text.ts';
import type { CommandContext } from './command-context.ts';

/** A worker logs JSON for collectors unless on a terminal; other commands print text for people. */
function formatOf(argv: readonly string[], context: CommandContext): 'text' | 'json' {
  const isWorker = argv.find((word) => !word.startsWith('-')) === 'worker';
  return context.logFormat() ?? (isWorker && !context.err.isTerminal ? 'json' : 'text');
}

/**
 * Prints why a command fails: one line in the format of the log lines before it, so that collectors
 * can parse it. `stack` is for --debug.
 */
export function fatalLine(
  argv: readonly string[],
  context: CommandContext,
): (message: string, stack?: string) => void {
  return (message, stack) => {
    if (formatOf(argv, context) === 'json') {
      const log = createConsoleLogger({
        sink: context.err,
        clock: context.clock,
        level: 'error',
        format: 'json',
      });
      log.error(message, { logger: 'prefect.workers.ecs', ...(stack !== undefined && { stack }) });
      return;
    }
    context.err.write(`error: ${terminalText(message)}\n`);
    if (stack !== undefined) context.err.write(`${terminalLines(stack)}\n`);
  };
}
