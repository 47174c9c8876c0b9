import type { Clock } from '../kernel/clock.ts';
import type { Random } from '../kernel/random.ts';
import type { Settings } from '../settings/settings.ts';

/** Where a command's words go. */
export interface Output {
  write(text: string): void;
  readonly isTerminal: boolean;
}

/** What a command gets of the outside world; a test hands in its own. */
export interface CommandContext {
  readonly out: Output;
  readonly err: Output;
  readonly clock: Clock;
  readonly random: Random;
  /** Reads the settings anew, with `overrides` on top of the process environment. */
  readonly loadSettings: (overrides?: Readonly<Record<string, string>>) => Settings;
  /** As the settings say, also where they cannot be used. Undefined: they do not say. */
  readonly logFormat: () => 'text' | 'json' | undefined;
  /** Calls back for each SIGINT or SIGTERM until disposed of. */
  readonly onStopSignal: (listener: (signal: string) => void) => Disposable;
}

/**
 * An error meant for the person at the terminal: one line, no stack. `exitCode` 2 is for a wrong
 * command line.
 */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
