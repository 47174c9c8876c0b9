import type { Clock } from '../kernel/clock.ts';
import type { Random } from '../kernel/random.ts';
import type { Settings } from '../settings/settings.ts';

/** Where a command prints. */
export interface Output {
  write(text: string): void;
  readonly isTerminal: boolean;
}

/** A command's access to the outside world. Tests pass their own. */
export interface CommandContext {
  readonly out: Output;
  readonly err: Output;
  readonly clock: Clock;
  readonly random: Random;
  /** Reads the settings again, with `overrides` on top of the process environment. */
  readonly loadSettings: (overrides?: Readonly<Record<string, string>>) => Settings;
  /** From the settings, even if those are invalid. Undefined when not set. */
  readonly logFormat: () => 'text' | 'json' | undefined;
  /** Calls `listener` for each SIGINT or SIGTERM until disposed. */
  readonly onStopSignal: (listener: (signal: string) => void) => Disposable;
}

/** An error for the user: printed as one line, without a stack. Exit code 2: wrong usage. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1, options?: ErrorOptions) {
    super(message, options);
    this.exitCode = exitCode;
  }
}
