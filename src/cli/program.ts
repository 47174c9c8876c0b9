import { Command, CommanderError } from '@commander-js/extra-typings';
import { toError, WorkerError } from '../kernel/errors.ts';
import { childOf } from '../kernel/task-group.ts';
import { Redaction } from '../kernel/redaction/redaction.ts';
import { workerSecretsOf } from '../service/worker-secrets.ts';
import { ZodError } from 'zod';
import { mismatchWords } from '../kernel/mismatch.ts';
import { terminalLines } from '../kernel/terminal-text.ts';
import { addDevCommand } from './commands/dev.ts';
import { addRenderCommand } from './commands/render.ts';
import { addWorkPoolCommand } from './commands/work-pool.ts';
import { addWorkerCommand } from './commands/worker.ts';
import { fatalLine } from './fatal-line.ts';
import { version } from './version.ts';
import { CommandError, type CommandContext } from './command-context.ts';

/** Runs one command line (without node and script). Exit code: 0, 1 (failed) or 2 (usage). */
export async function runCommandLine(
  argv: readonly string[],
  context: CommandContext,
): Promise<number> {
  let exitCode = 0;
  const fatal = fatalLine(argv, context);
  const program = programFor(context, fatal, (code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    const shown = redactionFor(context);
    const print = (message: string, stack: string): void =>
      fatal(shown.text(message), argv.includes('--debug') ? shown.text(stack) : undefined);
    return exitCodeFor(error, print);
  }
}

/** All commands. `fatal`: told why a command line is wrong; `finish`: how a command ended. */
export function programFor(
  context: CommandContext,
  fatal: (message: string) => void,
  finish: (exitCode: number) => void,
): Command<[], { debug?: true }> {
  const program = new Command('prefect-ecs')
    .description('Runs Prefect flow runs as Amazon ECS tasks.')
    .version(version, '-v, --version', 'print the version')
    .option('--debug', 'log at debug level, and show a stack with an error')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => context.out.write(text),
      writeErr: (text) => context.err.write(terminalLines(text)),
      outputError: (text) =>
        fatal(
          text
            .trim()
            .replace(/^error: /, '')
            .replaceAll(/\s*\n\s*/g, ' '),
        ),
    });
  addWorkerCommand(program, context, finish);
  addWorkPoolCommand(program, context, finish);
  addRenderCommand(program, context, finish);
  addDevCommand(program, context, finish);
  return program;
}

/**
 * Needed because a server may quote our secrets in an error. Unreadable settings have no secrets to
 * redact: their errors never show values.
 */
function redactionFor(context: CommandContext): Redaction {
  try {
    return new Redaction(workerSecretsOf(context.loadSettings()));
  } catch {
    return new Redaction();
  }
}

function exitCodeFor(thrown: unknown, print: (message: string, stack: string) => void): number {
  // Commander printed its own line.
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
  const error = toError(thrown);
  const forPeople = error instanceof CommandError || error instanceof WorkerError;
  print(forPeople ? error.message : unexpected(error), error.stack ?? '');
  return error instanceof CommandError ? error.exitCode : 1;
}

/** For our own bugs. Zod's raw message is a page of JSON, so it is summarized. */
function unexpected(error: Error): string {
  const child = childOf(error);
  const place = child === undefined ? '' : ` (in '${child}')`;
  if (!(error instanceof ZodError)) return `${error.name}: ${error.message}${place}`;
  return `something is not of the form that was expected. ${mismatchWords(undefined, error)}`;
}
