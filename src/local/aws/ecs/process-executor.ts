import { spawn, type ChildProcess } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { linkAbort } from '../../../kernel/abort.ts';
import type { Clock } from '../../../kernel/clock.ts';
import type { Logger } from '../../../kernel/logger.ts';
import { Cancelled } from '../../../kernel/task-group.ts';
import type {
  ContainerExit,
  ContainerPlan,
  RunningContainer,
  StartOutcome,
  TaskExecutor,
  TaskPlan,
} from './executor.ts';

export interface ProcessExecutorOptions {
  /**
   * Images whose name matches `pattern` (`*`: anything) run with the environment in `directory`.
   * The first match wins.
   */
  readonly images: readonly { readonly pattern: string; readonly directory: string }[];
  /** Each task gets an empty subfolder. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Logger;
  /**
   * Called for each process once it has started, e.g. to record it. The result is disposed of when
   * the process has ended.
   */
  readonly onStarted?: (started: StartedProcess) => Disposable;
}

export interface StartedProcess {
  readonly taskId: string;
  readonly containerName: string;
  /** Also the id of its process group. */
  readonly pid: number;
}

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const endsWithinMs = 5_000;

/**
 * Runs containers as processes of this machine, each in its own process group. It owns these
 * processes: when it is disposed of, none may be left. Containers must never inherit this process's
 * environment, which may contain secrets.
 */
export class ProcessExecutor implements TaskExecutor {
  readonly #options: ProcessExecutorOptions;
  readonly #running = new Map<ChildProcess, Promise<ContainerExit>>();

  constructor(options: ProcessExecutorOptions) {
    this.#options = options;
  }

  async start(plan: TaskPlan): Promise<StartOutcome> {
    for (const container of plan.containers) {
      const problem = this.#whyNot(container);
      if (problem !== undefined)
        return { kind: 'failed', containerName: container.name, reason: problem };
    }
    const home = join(this.#options.folder, plan.taskId);
    // A later call for the same task finds the folder. It must not remove it then.
    const isNew = (await mkdir(home, { recursive: true })) !== undefined;
    const cleanUp = (): Promise<void> => rm(home, { recursive: true, force: true, maxRetries: 3 });
    const containers: RunningContainer[] = [];
    for (const container of plan.containers) {
      const outcome = await this.#startContainer(container, plan.taskId, home);
      if (typeof outcome === 'string') {
        for (const other of containers) other.kill();
        await Promise.all(containers.map((other) => other.exited));
        if (isNew) await cleanUp();
        return {
          kind: 'failed',
          containerName: container.name,
          reason: `CannotStartContainerError: ${outcome}`,
        };
      }
      containers.push(outcome);
    }
    return { kind: 'started', containers, cleanUp };
  }

  /** Ends every process that it started: SIGTERM, then SIGKILL for the rest. */
  async [Symbol.asyncDispose](): Promise<void> {
    const all = [...this.#running];
    for (const [child] of all) signalGroup(child, 'SIGTERM');
    using over = linkAbort(new AbortController().signal);
    const grace = this.#options.clock.sleep(endsWithinMs, over.signal).then(
      () => all.forEach(([child]) => signalGroup(child, 'SIGKILL')),
      () => undefined,
    );
    await Promise.all(all.map(([, exited]) => exited));
    over.abort(new Cancelled('all processes have ended'));
    await grace;
    await rm(this.#options.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  #whyNot(container: ContainerPlan): string | undefined {
    if (this.#directoryFor(container.image) === undefined) {
      return (
        'CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to ' +
        `resolve ref ${container.image}: no entry of the local image table matches`
      );
    }
    if (container.command.length > 0) return undefined;
    return (
      'CannotStartContainerError: no command specified, and images of the local table have no ' +
      'default command'
    );
  }

  #directoryFor(image: string): string | undefined {
    return this.#options.images.find((entry) => matches(entry.pattern, image))?.directory;
  }

  #startContainer(
    container: ContainerPlan,
    taskId: string,
    home: string,
  ): Promise<RunningContainer | string> {
    const [command = '', ...args] = container.command;
    const environment = {
      PATH: `${this.#directoryFor(container.image) ?? ''}/bin:${systemPath}`,
      LANG: 'C.UTF-8',
      HOME: home,
      ...container.environment,
    };
    const child = spawn(command, args, {
      cwd: home,
      env: environment,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const { pid } = child;
    if (pid !== undefined) {
      const watch = this.#options.onStarted?.({ taskId, containerName: container.name, pid });
      child.once('close', () => watch?.[Symbol.dispose]());
    }
    return new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('spawn', () => resolve(this.#followed(child, container)));
    });
  }

  #followed(child: ChildProcess, container: ContainerPlan): RunningContainer {
    for (const stream of [child.stdout, child.stderr])
      if (stream !== null) eachLine(stream, container.onLine);
    const exited = new Promise<ContainerExit>((resolve) => {
      child.once('close', (code, signal) => {
        this.#running.delete(child);
        signalGroup(child, 'SIGKILL'); // processes that the container left behind die with it
        resolve({
          exitCode: code ?? (signal === null ? undefined : 128 + constants.signals[signal]),
        });
      });
    });
    this.#running.set(child, exited);
    return {
      name: container.name,
      exited,
      stop: () => signalGroup(child, 'SIGTERM'),
      kill: () => signalGroup(child, 'SIGKILL'),
    };
  }
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The group no longer exists.
  }
}

function eachLine(stream: Readable, onLine: (line: string) => void): void {
  createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on('line', onLine);
}

function matches(pattern: string, image: string): boolean {
  const expression = pattern
    .split('*')
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${expression}$`).test(image);
}
