import { spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { createInterface } from 'node:readline';
import type { Clock } from '../../kernel/clock.ts';
import type { LinePrinter } from './line-printer.ts';
import type { RecordProcess } from './state-folder.ts';

export interface ChildOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly workingDirectory: string;
  readonly printLine: LinePrinter;
  readonly clock: Clock;
  readonly record: RecordProcess;
}

/**
 * A child in its own process group. Without this, the terminal's Ctrl-C would stop all children at
 * once instead of in our order.
 */
export interface Child extends AsyncDisposable {
  readonly pid: number | undefined;
  /** Resolves with the exit code once the child is gone; 128 + n if signal n killed it. */
  readonly ended: Promise<number>;
}

/** Time between SIGTERM and SIGKILL. */
const endsWithinMs = 10_000;

export function startChild(options: ChildOptions): Child {
  const child = spawn(options.command, [...options.args], {
    cwd: options.workingDirectory,
    env: { ...options.environment },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const record = options.record(options.name, child.pid);
  const ended = new Promise<number>((resolve) => {
    child.once('error', (error) => {
      options.printLine(`cannot start ${options.name}: ${error.message}`);
      resolve(127);
    });
    child.once('close', (code) => {
      record[Symbol.dispose]();
      resolve(code ?? 143);
    });
  });
  for (const stream of [child.stdout, child.stderr]) printLines(stream, options.printLine);
  const signalGroup = (signal: NodeJS.Signals): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, signal);
    } catch {
      // The group is gone already.
    }
  };
  return {
    pid: child.pid,
    ended,
    [Symbol.asyncDispose]: async () => {
      signalGroup('SIGTERM');
      const over = new AbortController();
      const grace = options.clock.sleep(endsWithinMs, over.signal).then(
        () => signalGroup('SIGKILL'),
        () => undefined,
      );
      await ended;
      over.abort();
      await grace;
      signalGroup('SIGKILL'); // the child may have left processes in its group
    },
  };
}

function printLines(stream: Readable, printLine: LinePrinter): void {
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', (line) =>
    printLine(line),
  );
}
