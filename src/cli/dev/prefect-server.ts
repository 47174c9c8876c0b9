import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../../kernel/clock.ts';
import { CommandError } from '../command-context.ts';
import { startChild, type Child } from './child-process.ts';
import { freePort } from './free-port.ts';
import { userListeningOn } from './listener.ts';
import type { ImageEntry } from './image-table.ts';
import type { PrefectApiServer } from './prefect-api-server.ts';
import type { LinePrinter } from './line-printer.ts';
import type { RecordProcess } from './state-folder.ts';

/**
 * The `prefect` command of the first environment of the image table that has one, else of the
 * search path.
 */
export function findPrefect(images: readonly ImageEntry[], searchPath: string): string | undefined {
  const folders = [
    ...images.map((image) => join(image.directory, 'bin')),
    ...searchPath.split(':'),
  ];
  return folders.map((folder) => join(folder, 'prefect')).find((path) => existsSync(path));
}

export interface ServerOptions {
  readonly command: string;
  readonly home: string;
  /** The only one that it lets in, `user:password`. */
  readonly authString: string;
  /** 0: a free one. */
  readonly port: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly printLine: LinePrinter;
  readonly clock: Clock;
  readonly record: RecordProcess;
}

const readyWithinMs = 120_000;
const lookEveryMs = 200;

/**
 * Starts `prefect server start` on 127.0.0.1, closed to others and with a home of its own; waits
 * until its API answers.
 */
export async function startPrefectServer(
  options: ServerOptions,
  signal: AbortSignal,
): Promise<PrefectApiServer> {
  const port = options.port === 0 ? await freePort() : options.port;
  const apiUrl = `http://127.0.0.1:${port}/api`;
  const client = { PREFECT_API_URL: apiUrl, PREFECT_API_AUTH_STRING: options.authString };
  const child = startChild({
    name: 'Prefect server',
    command: options.command,
    args: ['server', 'start', '--host', '127.0.0.1', '--port', String(port)],
    environment: {
      ...options.environment,
      ...client,
      PREFECT_HOME: options.home,
      PREFECT_SERVER_API_AUTH_STRING: options.authString,
      // Its own pages, by either name. By default every page that is open in a browser may use it.
      PREFECT_SERVER_CORS_ALLOWED_ORIGINS: `http://127.0.0.1:${port},http://localhost:${port}`,
      PREFECT_SERVER_ANALYTICS_ENABLED: 'false',
      PREFECT_SERVER_UI_API_URL: apiUrl,
    },
    workingDirectory: options.home,
    printLine: options.printLine,
    clock: options.clock,
    record: options.record,
  });
  try {
    await untilReady(child, apiUrl, options.clock, signal);
    refuseImpostor(port);
  } catch (error) {
    await child[Symbol.asyncDispose]();
    throw error;
  }
  return {
    apiUrl,
    pages: apiUrl.replace(/\/api$/, ''),
    environment: client,
    shown: client,
    ended: child.ended.then((code) => `the Prefect server ended with exit code ${code}`),
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}

/** Whoever listens is told our secret, and what it answers becomes commands on this machine. */
function refuseImpostor(port: number): void {
  const user = userListeningOn(port);
  if (user === undefined || user === process.getuid?.()) return;
  throw new CommandError(
    `Another user of this machine (number ${user}) listens on port ${port}, which was meant for the Prefect server. ` +
      'Start again, or choose a port with --prefect-port.',
  );
}

async function untilReady(
  child: Child,
  apiUrl: string,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  let exitCode: number | undefined;
  void child.ended.then((code) => {
    exitCode = code;
  });
  for (let waitedMs = 0; waitedMs < readyWithinMs; waitedMs += lookEveryMs) {
    if (exitCode !== undefined) {
      throw new CommandError(
        `The Prefect server ended with exit code ${exitCode} before it was ready; see its output.`,
      );
    }
    const answered = await fetch(`${apiUrl}/health`, { signal }).then(
      (response) => response.ok,
      () => false,
    );
    if (answered) return;
    await clock.sleep(lookEveryMs, signal);
  }
  throw new CommandError(
    `The Prefect server was not ready within ${readyWithinMs / 1000} seconds; see its output.`,
  );
}
