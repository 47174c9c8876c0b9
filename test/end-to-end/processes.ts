import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { sharedAbortController } from '../../src/kernel/abort.ts';
import { systemClock } from '../../src/kernel/clock.ts';

export const projectRoot = fileURLToPath(new URL('../..', import.meta.url));
export const python = `${projectRoot}.venv/bin/python`;
export const commandScript = `${projectRoot}dist/main.js`;

const never = sharedAbortController().signal;

/** A test process's environment: the paths of programs, but no Prefect or AWS variable. */
export const cleanEnvironment: Readonly<Record<string, string>> = Object.fromEntries(
  ['PATH', 'LANG', 'HOME', 'TMPDIR'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  }),
);

export interface RunningProcess extends AsyncDisposable {
  readonly pid: number;
  readonly lines: readonly string[];
  readonly ended: Promise<number>;
  signal(name: NodeJS.Signals): void;
  /** Resolves with the first matching line, past or future. */
  line(pattern: RegExp, withinMs?: number): Promise<string>;
}

/** Starts a process in its own group. Disposing of it kills the whole group. */
export function startProcess(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  workingDirectory = projectRoot,
): RunningProcess {
  const child = spawn(command, [...args], {
    env: { ...cleanEnvironment, ...environment },
    cwd: workingDirectory,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => lines.push(line));
  }
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? -1));
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`cannot start ${command}`);
  const signalGroup = (name: NodeJS.Signals): void => {
    try {
      process.kill(-pid, name);
    } catch {
      // the group has already ended
    }
  };
  return {
    pid,
    lines,
    ended,
    signal: (name) => void process.kill(pid, name),
    line: (pattern, withinMs = 30_000) =>
      until(`a line like ${String(pattern)} from ${args[0] ?? command}`, withinMs, () =>
        Promise.resolve(lines.find((line) => pattern.test(line))),
      ).catch((error: unknown) => {
        throw new Error(`${String(error)}\nIts output:\n${lines.slice(-40).join('\n')}`);
      }),
    [Symbol.asyncDispose]: async () => {
      signalGroup('SIGTERM');
      const gone = await Promise.race([
        ended.then(() => true),
        systemClock.sleep(5_000, never).then(() => false),
      ]);
      if (!gone) signalGroup('SIGKILL');
      await ended;
      signalGroup('SIGKILL');
    },
  };
}

/** Runs a process to its end and returns its exit code and output. */
export async function runProcess(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  workingDirectory = projectRoot,
): Promise<{ readonly exitCode: number; readonly output: string }> {
  const running = startProcess(command, args, environment, workingDirectory);
  const exitCode = await running.ended;
  return { exitCode, output: running.lines.join('\n') };
}

/**
 * Repeats a question until it has an answer. Tests wait for facts, not for time; the deadline only
 * ends a wait for a fact that never comes.
 */
export async function until<T>(
  what: string,
  withinMs: number,
  ask: () => Promise<T | undefined>,
  everyMs = 100,
): Promise<T> {
  const deadlineMs = systemClock.monotonicMs() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (systemClock.monotonicMs() > deadlineMs)
      throw new Error(`timed out after ${withinMs} ms waiting for ${what}`);
    await systemClock.sleep(everyMs, never);
  }
}
