import { ManualClock } from '../kernel/manual-clock.ts';
import { seededRandom } from '../kernel/random.ts';
import { loadSettings } from '../settings/settings.ts';
import type { CommandContext } from './command-context.ts';
import { runCommandLine } from './program.ts';

/** What a command line came to. */
export interface CommandOutcome {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** The world of a command line: an empty machine with these variables, and no terminal. */
export function aCommandContext(
  environment: Readonly<Record<string, string>> = {},
): CommandContext & { readonly shown: { out: string; err: string } } {
  const shown = { out: '', err: '' };
  return {
    shown,
    out: { write: (text) => void (shown.out += text), isTerminal: false },
    err: { write: (text) => void (shown.err += text), isTerminal: false },
    clock: new ManualClock(),
    random: seededRandom(1),
    loadSettings: (overrides) =>
      loadSettings({
        environment: { ...environment, ...overrides },
        workingDirectory: '/nowhere',
        homeDirectory: '/nowhere',
        readTextFile: () => undefined,
      }),
    logFormat: () => 'text',
    onStopSignal: () => ({ [Symbol.dispose]: () => undefined }),
  };
}

export async function outcomeOf(
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<CommandOutcome> {
  const context = aCommandContext(environment);
  const exitCode = await runCommandLine(argv, context);
  return { exitCode, ...context.shown };
}
